"""The process exists only in YAML: entitlement is moved before payment by editing one list, and access is granted
although nobody pays."""
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("PERENNIAL_BIN", str(pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"]) / "bin"))
sys.path.insert(0, str(ROOT / "script/lib"))
sys.dont_write_bytecode = True
import estate  # noqa: E402

RENEWALS = 3


class ProcessInYamlTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-process-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        shutil.copytree(ROOT / "examples/renewal", self.folder / "renewal")
        pipelines = self.folder / "renewal/pipelines/renewal.yaml"
        before = pipelines.read_text()
        wanted = ("extend-access:\n    when_all: [renewal.accepted.v1, order.created.v1, payment.received.v1]",
                  "extend-access:\n    when_all: [renewal.accepted.v1, order.created.v1]")
        self.assertEqual(before.count(wanted[0]), 1)
        pipelines.write_text(before.replace(*wanted))
        main = self.folder / "renewal/perennial.yaml"
        main.write_text(main.read_text().replace("../../schemas/events", str(ROOT / "schemas/events")))
        estate.CONFIG = main

    def test_access_is_extended_before_payment(self):
        one = estate.Estate(RENEWALS, 7, self.folder / "estate", sandbox_flags=["--pay-after-ms", "-1"])
        self.addCleanup(one.close)
        one.start_runtime()

        def all_extended():
            rows = one.settlement()["list"]
            return rows if all(row["bookings"] and "entitlement" in row and not any(
                "entitlement" in problem.lower() or "validuntil" in problem.lower() for problem in row["problems"])
                for row in rows) else None

        rows = estate.wait_for(all_extended, 60, "every entitlement to be extended")
        self.assertEqual(len(rows), RENEWALS)
        for row in rows:
            self.assertEqual(sum(payment["count"] for payment in row["payments"]), 0, row)
            self.assertFalse(row["order"]["unblocked"], row)


if __name__ == "__main__":
    unittest.main()
