"""Every file in tests/bad_configs has one mistake; lint must exit 1 with exactly the finding that its first line states."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"])
PERENNIAL = BUILD / "bin/perennial"
ENVIRONMENT = {**os.environ, "PERENNIAL_PLUGINS": str(BUILD / "lib/perennial/plugins")}
FILES = sorted((ROOT / "tests/bad_configs").glob("*.yaml"))


def lint(path):
    done = subprocess.run([PERENNIAL, "lint", path.name], cwd=path.parent, env=ENVIRONMENT, capture_output=True,
                          text=True, timeout=60, check=False)
    findings = re.findall(r"^(\S[^:]*):(\d+:\d+): ([a-z-]+): ", done.stdout, re.MULTILINE)
    return done.returncode, findings, done.stdout


class LintTest(unittest.TestCase):
    def test_there_are_enough_of_them(self):
        self.assertGreaterEqual(len(FILES), 40)

    def test_each_mistake_is_named_where_it_stands(self):
        for path in FILES:
            with self.subTest(path.name):
                first = path.read_text().split("\n", 1)[0]
                wanted = re.fullmatch(r"# expect: (?:([^:]+):)?(\d+:\d+) ([a-z-]+)", first)
                self.assertIsNotNone(wanted, first)
                code, findings, text = lint(path)
                self.assertEqual(findings, [(wanted[1] or path.name, wanted[2], wanted[3])], text)
                self.assertEqual(code, 1)

    def test_the_example_has_no_findings(self):
        done = subprocess.run([PERENNIAL, "lint", ROOT / "examples/renewal/perennial.yaml"], env=ENVIRONMENT,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_json_says_the_same_as_text(self):
        path = ROOT / "tests/bad_configs/to_unknown_operation.yaml"
        done = subprocess.run([PERENNIAL, "lint", path, "--output", "json"], env=ENVIRONMENT, capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertIn('"line":18,"column":9,"name":"unknown-operation"', done.stdout)
        self.assertIn("did you mean 'renew_subscription'?", done.stdout)

    def test_overrides_are_laid_over_the_configuration_and_checked_with_it(self):
        with tempfile.TemporaryDirectory() as folder:
            over = pathlib.Path(folder) / "test.yaml"
            main = pathlib.Path(folder) / "perennial.yaml"
            main.write_text(f"""schema_version: 1
data_dir: ./data
overrides: ${{env:PERENNIAL_OVERRIDES:}}
plugins: {{directories: ["{BUILD}/lib/perennial/plugins"]}}
schemas: {{unknown_types: accept}}
connectors:
  testing: {{plugin: testing, config: {{events: 3, size: 200}}, sources: {{events: {{start: all}}}}}}
""")
            for text, code, wanted in (("connectors: {testing: {mode: observe, config: {events: 4}}}", 0, "events: 4"),
                                       ("connectors: {testing: {mod: observe}}", 1, "test.yaml:1:24: unknown-key"),
                                       ("include: [x.yaml]", 1, "test.yaml:1:1: unknown-key")):
                with self.subTest(text):
                    over.write_text(text)
                    done = subprocess.run([PERENNIAL, "echo" if code == 0 else "lint", "-c", main], text=True,
                                          env={**ENVIRONMENT, "PERENNIAL_OVERRIDES": str(over)}, capture_output=True,
                                          timeout=60, check=False)
                    self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                    self.assertIn(wanted, done.stdout)
            done = subprocess.run([PERENNIAL, "echo", "-c", main], env=ENVIRONMENT, capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertIn("events: 3", done.stdout, done.stderr)

    def test_echo_never_shows_a_secret(self):
        done = subprocess.run([PERENNIAL, "echo", "-c", ROOT / "examples/renewal/perennial.yaml"], env=ENVIRONMENT,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("***", done.stdout)
        for secret in (ROOT / "examples/renewal/secrets").iterdir():
            self.assertNotIn(secret.read_text().strip(), done.stdout)

    def test_wrong_usage_exits_2_and_says_what_was_expected(self):
        for arguments, wanted in ((["lnt"], "did you mean 'lint'?"), (["lint", "--colour"], "usage: perennial lint"),
                                  (["lint", "--output", "xml"], "text or json")):
            with self.subTest(arguments):
                done = subprocess.run([PERENNIAL, *arguments], capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(wanted, done.stderr)


if __name__ == "__main__":
    unittest.main()
