"""An order that the ERP created but holds releases nothing, is created once, and goes on when the hold is lifted."""
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

RENEWALS = 10


class HeldOrderTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-held-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        shutil.copytree(ROOT / "examples/renewal", self.folder / "renewal")
        connector = self.folder / "renewal/connectors/erp.yaml"
        before = connector.read_text()
        self.assertEqual(before.count('      sap_client: "100"\n'), 1)
        connector.write_text(before.replace('      sap_client: "100"\n',
                                            '      sap_client: "100"\n      hold_check_ms: 300\n'))
        main = self.folder / "renewal/perennial.yaml"
        main.write_text(main.read_text().replace("../../schemas/events", str(ROOT / "schemas/events")))
        self.addCleanup(setattr, estate, "CONFIG", estate.CONFIG)
        estate.CONFIG = main
        self.one = estate.Estate(RENEWALS, 7, self.folder / "estate")
        self.addCleanup(self.one.close)

    def rows(self):
        return {row["renewal"]: row for row in self.one.settlement()["list"]}

    def test_a_held_order_waits_and_then_settles(self):
        plan = self.one.control("/renewals")
        chosen = next(row for row in plan if row["renewals_of_account"] == 1)["renewal"]
        self.one.control("/credit", "PUT", {"renewal": chosen, "held": True})
        self.one.start_runtime()
        self.one.wait_ready()
        estate.wait_for(lambda: self.one.settlement()["settled"] == RENEWALS - 1, 120, "all others to settle")

        # Its subscription, invoice and payment went on; whatever needs the order did not.
        reads = self.one.control("/faults")["calls"]["erp"]
        estate.wait_for(lambda: self.one.control("/faults")["calls"]["erp"] > reads + 10, 30, "further looks at the order")
        held = self.rows()[chosen]
        self.assertEqual(held["order"], {**held["order"], "count": 1, "unblocked": False})
        self.assertEqual(held["bookings"], [], held)
        kinds = {row["kind"] for row in self.one.control("/ledger?renewal=" + chosen)}
        self.assertNotIn("change_order", kinds)
        self.assertEqual([row for row in self.one.api("/v1/events?type=order.created.v1&limit=1000")["events"]
                          if row["correlation"] == chosen], [])

        # A restart remembers that it waits.
        self.one.kill_runtime()
        self.one.start_runtime()
        self.one.wait_ready()
        self.assertEqual(self.one.control("/credit", "PUT", {"renewal": chosen, "held": False})["released"], 1)
        shown = estate.wait_for(lambda: (lambda now: now if now["settled"] == RENEWALS else None)(self.one.settlement()),
                                60, "the held renewal to settle")
        self.assertEqual(shown["doubled"], 0)


if __name__ == "__main__":
    unittest.main()
