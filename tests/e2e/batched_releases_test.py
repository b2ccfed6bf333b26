"""Sales orders are released several at once by $batch, and whatever the network does to a batch, each one once."""
import os
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("PERENNIAL_BIN", str(pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"]) / "bin"))
sys.path.insert(0, str(ROOT / "script/lib"))
sys.dont_write_bytecode = True
import estate  # noqa: E402

RENEWALS = 40


class BatchedReleasesTest(unittest.TestCase):
    def test_each_order_is_released_once(self):
        for kind in ("partial_success", "drop_after", "malformed_body"):
            with self.subTest(kind):
                one = estate.Estate(RENEWALS, 7)
                self.addCleanup(one.close)
                one.control("/faults", "POST", {"system": "erp", "kind": kind, "rate": 0.5, "limit": 12,
                                                "match": {"path_regex": "/\\$batch$"}})
                one.start_runtime()
                shown = estate.wait_for(
                    lambda: (lambda now: now if now["settled"] == RENEWALS else None)(one.settlement()),
                    150, "every renewal to settle")
                self.assertEqual(shown["doubled"], 0)
                self.assertGreater(one.control("/faults")["injected"]["erp"][kind], 0, "no batch was sent")
                self.assertEqual(one.control("/ledger/summary")["by_system"]["erp"]["change_order"], RENEWALS)
                one.close()


if __name__ == "__main__":
    unittest.main()
