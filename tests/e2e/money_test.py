"""Renewals in currencies with 0, 2 and 3 decimals, each invoiced in seven instalments: in the CRM, the ERP, billing and the
entitlement system every total is the contract's, to the minor unit."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script/lib"))

from estate import Estate, EstateError, wait_for  # noqa: E402 (the folder is known only now)

CURRENCIES = ["JPY", "KWD", "ISK", "USD", "EUR"]
RENEWALS = 30
INSTALMENTS = 7
# What each system must add up to, for every currency.
SUMS = ["crm_amount", "crm_lines", "erp_order", "erp_order_lines", "billing_total", "billing_lines", "erp_booking",
        "erp_booking_lines"]


class MoneyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        flags = ["--currencies", ",".join(CURRENCIES), "--instalments", str(INSTALMENTS)]
        cls.estate = Estate(RENEWALS, 11, sandbox_flags=flags)
        cls.addClassCleanup(cls.estate.close)
        cls.estate.start_runtime()
        cls.estate.wait_ready()
        try:
            wait_for(lambda: cls.estate.settlement()["settled"] == RENEWALS, 150, "all renewals to settle")
        except EstateError as error:
            rows = [row for row in cls.estate.settlement()["list"] if not row["settled"]]
            exceptions = cls.estate.api("/v1/exceptions?state=open&limit=20")["exceptions"]
            raise AssertionError(f"{error}: {[row['problems'] for row in rows[:5]]} "
                                 f"{[one['text'] for one in exceptions[:5]]}") from error
        cls.rows = cls.estate.settlement()["list"]

    def test_each_currency_sums_to_the_contracts_in_each_system(self):
        totals = self.estate.control("/ledger/sums")
        self.assertEqual(sorted(totals), sorted(CURRENCIES))
        for currency, sums in totals.items():
            with self.subTest(currency):
                self.assertGreaterEqual(sums["renewals"], 3)
                self.assertEqual(sums["disagreeing"], 0)
                self.assertGreater(sums["contract"], 0)
                self.assertEqual({name: sums[name] for name in SUMS}, dict.fromkeys(SUMS, sums["contract"]))

    def test_each_renewal_agrees_in_all_four_systems(self):
        for row in self.rows:
            with self.subTest(row["renewal"]):
                sums = row["sums"]
                self.assertTrue(sums["agree"], row["problems"])
                self.assertEqual({name: sums[name] for name in SUMS}, dict.fromkeys(SUMS, sums["contract"]))
                self.assertEqual(sums["instalments"], INSTALMENTS)

    def test_the_entitlement_keeps_the_value_of_the_contract_it_was_extended_for(self):
        with_value = [row for row in self.rows if "entitlement" in row["sums"]]
        accounts = {row["entitlement_user"] for row in self.estate.control("/renewals")}
        # An account keeps one entitlement, of the renewal that extended it last.
        self.assertEqual(len(with_value), len(accounts))
        for row in with_value:
            self.assertEqual(row["sums"]["entitlement"], row["sums"]["contract"], row["renewal"])

    def test_sevenths_leave_a_remainder_somewhere(self):
        """Otherwise the test would also pass with a plain division."""
        uneven = [row for row in self.rows if row["sums"]["contract"] % INSTALMENTS]
        self.assertGreater(len(uneven), RENEWALS // 2)

    def test_nothing_is_left_to_look_at(self):
        self.assertEqual(self.estate.api("/v1/exceptions?state=open&limit=5")["exceptions"], [])


if __name__ == "__main__":
    unittest.main()
