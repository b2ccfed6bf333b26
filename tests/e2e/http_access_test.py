"""The worked example of docs/vendors/http.md: the renewal story with its SCIM service behind the generic connector, by
the YAML and jq that the page shows and nothing else."""
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("PERENNIAL_BIN", str(pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"]) / "bin"))
sys.path.insert(0, str(ROOT / "script/lib"))
sys.dont_write_bytecode = True
import demo  # noqa: E402
import estate  # noqa: E402


def files_of_the_page():
    """The blocks of the page that are files, by path."""
    text = (ROOT / "docs/vendors/http.md").read_text()
    return dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


class HttpAccessTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-http-access-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.example = self.folder / "renewal"
        shutil.copytree(ROOT / "examples/renewal", self.example)
        for name, text in files_of_the_page().items():
            path = self.example / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.replace("pipelines/renewal.yaml", "to: access.extend", "to: access.state")
        self.replace("perennial.yaml", "../../schemas/events", str(ROOT / "schemas/events"))
        estate.CONFIG = self.example / "perennial.yaml"

    def replace(self, name, old, new):
        path = self.example / name
        text = path.read_text()
        self.assertEqual(text.count(old), 1, f"{old} in {name}")
        path.write_text(text.replace(old, new))

    def play(self, renewals, faults="none"):
        options = demo.parse(["--headless", "--renewals", str(renewals), "--faults", faults])
        one = estate.Estate(renewals, options.seed, self.folder / "estate")
        self.addCleanup(one.close)
        summary, problems = demo.play(options, one)
        self.assertEqual(problems, [])
        self.assertEqual(summary["settled"] + summary["churned"], renewals, summary)
        self.assertEqual((summary["lost"], summary["doubled"], summary["open_exceptions"]), (0, 0, 0), summary)
        return one, summary

    def done(self, one, operation):
        """How the deliveries of an operation of the connector were done, one word each."""
        words, after = [], ""
        while True:
            page = one.api(f"/v1/timeline?limit=1000&after={after}")
            words += [row["detail"]["how"] for row in page["timeline"] if row["kind"] == "delivery.done"
                      and row["connector"] == "access" and row["operation"] == operation]
            if not page["timeline"]:
                break
            after = page["next"]
        return words

    def test_the_page_says_what_is_sound(self):
        """Lint reads the configuration; dry-run also has the plugin judge it."""
        one = estate.Estate(1, 7, self.folder / "estate")
        self.addCleanup(one.close)
        for verb in ("lint", "dry-run"):
            code, text = one.cli(verb)
            self.assertEqual(code, 0, text)

    def test_renewals_settle(self):
        one, summary = self.play(20)
        self.assertEqual(summary["settled"], 20, summary)
        self.assertEqual(len(self.done(one, "state")), 20)
        self.assertEqual(self.done(one, "read"), ["done"] * 20)

    def test_renewals_settle_under_faults(self):
        _, summary = self.play(40, "transient")
        self.assertGreater(summary["faults_injected"], 100)

    def test_renewals_settle_when_lost_answers_are_looked_up(self):
        """The same calls under the operation that asks before it sends again."""
        self.replace("connectors/access.yaml", "operation: state", "operation: create")
        self.replace("pipelines/renewal.yaml", "to: access.state", "to: access.create")
        for name in ("", "_result"):
            maps = self.example / "mappings/access"
            (maps / f"state{name}.jq").rename(maps / f"create{name}.jq")
        one, _ = self.play(40, "transient")
        self.assertIn("found", {word.split()[0] for word in self.done(one, "create")})


if __name__ == "__main__":
    unittest.main()
