"""The negative controls: the kill loop must notice each defect that is built in on purpose."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"])


class ControlsTest(unittest.TestCase):
    def notice(self, defect):
        environment = {**os.environ, "PERENNIAL_NEGATIVE_CONTROL": defect}
        command = [sys.executable, HERE / "kill_loop.py", "--kills", "18", "--renewals", "60", "--settle-seconds", "60",
                   "--binary", BUILD / "tests/perennial-controls"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        summary = json.loads(done.stdout.splitlines()[-1])
        self.assertGreater(summary["lost"] + summary["doubled"], 0, summary)

    def test_without_dedupe(self):
        self.notice("dedupe")

    def test_without_lookup(self):
        self.notice("lookup")

    def test_with_dispatch_before_commit(self):
        self.notice("commit")


if __name__ == "__main__":
    unittest.main()
