"""Several partitions: the example's renewals settle as with one, each renewal's facts meet in one of them, and what comes
by HTTP meets what comes by a source."""
import collections
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("PERENNIAL_BIN", str(pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"]) / "bin"))
sys.path.insert(0, str(ROOT / "script/lib"))
sys.dont_write_bytecode = True
import estate  # noqa: E402

RENEWALS = 30
PARTITIONS = 3


class PartitionsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-partitions-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        shutil.copytree(ROOT / "examples/renewal", self.folder / "renewal")
        main = self.folder / "renewal/perennial.yaml"
        text = main.read_text().replace("../../schemas/events", str(ROOT / "schemas/events"))
        self.assertEqual(text.count("partitions: 1"), 1)
        main.write_text(text.replace("partitions: 1", f"partitions: {PARTITIONS}"))
        estate.CONFIG = main
        self.one = estate.Estate(RENEWALS, 7, self.folder / "estate")
        self.addCleanup(self.one.close)
        self.one.start_runtime()
        self.one.wait_ready()

    def ingest(self, event):
        request = urllib.request.Request(f"http://127.0.0.1:{self.one.listen_port}/v1/events", method="POST",
                                         data=json.dumps(event).encode())
        request.add_header("Content-Type", "application/cloudevents+json")
        request.add_header("Authorization", f"Bearer {estate.TOKEN}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def test_all_settle_and_each_renewal_lives_in_one_partition(self):
        estate.wait_for(lambda: self.one.settlement()["settled"] == RENEWALS, 120, "all renewals to settle")
        settlement = self.one.settlement()
        self.assertEqual((settlement["lost"], settlement["doubled"]), (0, 0))
        # The same event by another way in is a duplicate, whichever partition holds its claim.
        listed = self.one.api("/v1/events?type=renewal.accepted.v1&limit=1000")["events"]
        self.assertEqual(len(listed), RENEWALS)
        for row in listed[:6]:
            event = self.one.api(f"/v1/events/{row['id']}")["events"][0]["event"]
            self.assertEqual(self.ingest(event)["events"][0]["verdict"], "duplicate")

        self.one.stop_runtime()
        code, output = self.one.cli("journal", "dump", "--output", "json")
        self.assertEqual(code, 0, output[-2000:])
        homes = collections.defaultdict(set)
        for line in output.splitlines():
            record = json.loads(line)
            if record["type"] == "event.accepted":
                homes[record["event"]["correlationid"]].add(record["partition"])
        self.assertEqual({len(home) for home in homes.values()}, {1})
        self.assertEqual(len(set.union(*homes.values())), PARTITIONS)
        self.assertEqual(self.one.cli("journal", "verify")[0], 0)


if __name__ == "__main__":
    unittest.main()
