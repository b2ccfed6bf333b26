"""The issuer of the customer's invoice is swapped from billing to the ERP by configuration alone: the same totals, and
still one customer-facing invoice for each contract line and period."""
import collections
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("PERENNIAL_BIN", str(pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"]) / "bin"))
sys.path.insert(0, str(ROOT / "script/lib"))
sys.dont_write_bytecode = True
import estate  # noqa: E402

EXAMPLE = estate.CONFIG
RENEWALS = 12
SEED = 7

# What the ERP issues, it does not book a second time; billing keeps the subscription, and bills nothing.
ERP_ISSUES = """  issue-invoice:
    when_all: [renewal.accepted.v1, order.created.v1, order.released.v1]
    by: correlationid
    within: P7D
    to: erp.issue_invoice
"""
# SAP bills no order that is blocked for billing.
RELEASE_FIRST = """  release-order:
    from: order.created.v1
    to: erp.release_order
"""


def replaced(text, pipeline, block):
    """The text with one pipeline's block replaced; a pipeline that is not there is a mistake of this test."""
    changed, count = re.subn(rf"^  {pipeline}:\n(?:    .*\n)+", block, text, flags=re.MULTILINE)
    if count != 1:
        raise AssertionError(f"expected one pipeline {pipeline} in the example, found {count}")
    return changed


class IssuerTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-issuer-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(setattr, estate, "CONFIG", estate.CONFIG)

    def swapped_config(self):
        shutil.copytree(ROOT / "examples/renewal", self.folder / "renewal")
        pipelines = self.folder / "renewal/pipelines/renewal.yaml"
        text = replaced(pipelines.read_text(), "issue-invoice", ERP_ISSUES)
        text = replaced(text, "release-order", RELEASE_FIRST)
        pipelines.write_text(replaced(text, "book-invoice", ""))
        # The sandbox's revenue schedules name the last day of each period.
        connector = self.folder / "renewal/connectors/erp.yaml"
        connector.write_text(connector.read_text().replace(
            "      postings: {every: PT1S, start: all}\n",
            "      postings: {every: PT1S, start: all}\n      revenue_schedules: {every: PT1S, start: all}\n").replace(
            "    vars:\n", "    vars:\n      inclusive_ends: [schedule]\n"))
        main = self.folder / "renewal/perennial.yaml"
        main.write_text(main.read_text().replace("../../schemas/events", str(ROOT / "schemas/events")))
        return main

    def run_to_the_end(self, config, name, flags=()):
        """Every renewal settled by this configuration: the settlement, and the effects of each system and kind."""
        estate.CONFIG = config
        one = estate.Estate(RENEWALS, SEED, self.folder / name, sandbox_flags=flags)
        self.addCleanup(one.close)
        one.start_runtime()
        one.wait_ready()
        problems = []

        def all_settled():
            shown = one.settlement()
            problems[:] = [row for row in shown["list"] if not row["settled"]][:1]
            return shown if shown["settled"] == RENEWALS else None

        try:
            shown = estate.wait_for(all_settled, 120, "every renewal to settle")
        except estate.EstateError as error:
            self.fail(f"{error}; the first that did not: {problems}")
        if config != EXAMPLE:
            self.check_schedules(one, shown)
        ledger = one.control("/ledger")
        one.stop_runtime()
        return shown, collections.Counter((row["system"], row["kind"]) for row in ledger), ledger

    def check_schedules(self, one, shown):
        """Revenue is scheduled once for each invoice, over all of its service periods and to the last minor unit."""
        def all_scheduled():
            events = one.api("/v1/events?type=revenue.scheduled.v1&limit=1000")["events"]
            return events if len(events) >= RENEWALS else None

        events = estate.wait_for(all_scheduled, 30, "a revenue schedule for each renewal")
        self.assertEqual(len(events), RENEWALS)
        totals = {row["renewal"]: row["invoice"]["total_minor"] for row in shown["list"]}
        ends = {row["renewal"]: row["end"] for row in one.control("/renewals")}
        for event in events:
            data = one.api("/v1/events/" + urllib.parse.quote(event["id"], safe=""))["events"][0]["event"]["data"]
            self.assertEqual(data["total_minor"], totals[data["renewal"]])
            self.assertEqual(sum(part["amount_minor"] for part in data["periods"]), data["total_minor"])
            self.assertEqual(max(part["period"]["end"] for part in data["periods"]), ends[data["renewal"]])

    def test_the_erp_issues_what_billing_issued(self):
        usual, by_billing, _ = self.run_to_the_end(EXAMPLE, "billing-issues")
        swapped, by_erp, ledger = self.run_to_the_end(self.swapped_config(), "erp-issues")

        def totals(shown):
            return {row["renewal"]: row["invoice"]["total_minor"] for row in shown["list"]}

        self.assertEqual(totals(swapped), totals(usual))
        self.assertEqual((swapped["doubled"], swapped["stray_effects"]), (0, 0))
        for row in swapped["list"]:
            self.assertEqual(row["invoice"]["customer_facing_per_line_and_period_max"], 1, row)
            self.assertEqual(len(row["invoice"]["ids"]), 1, row)
            self.assertEqual(row["invoice"]["status"], ["paid"], row)
            self.assertEqual(row["crm"]["invoice"], row["invoice"]["ids"][0], row)
            self.assertEqual(row["bookings"], [], row)

        # One invoice of one issuer for each renewal, in the ledger as well.
        self.assertEqual(by_billing["erp", "create_billing_document"], 0)
        self.assertEqual(by_erp["erp", "create_billing_document"], RENEWALS)
        self.assertEqual([kind for kind in by_erp if kind[0] == "billing" and "invoice" in kind[1]], [])
        billed = collections.Counter(row["renewal"] for row in ledger if row["kind"] == "create_billing_document")
        self.assertEqual(set(billed.values()), {1})

    def test_it_stays_one_invoice_when_the_network_fails(self):
        config = self.swapped_config()
        estate.CONFIG = config
        one = estate.Estate(RENEWALS, SEED, self.folder / "faulty")
        self.addCleanup(one.close)
        one.control("/faults", "POST", {"system": "erp", "kind": "drop_after", "rate": 0.5, "limit": 8,
                                        "match": {"method": "POST", "path_regex": "CreateFromSDDocument$"}})
        one.start_runtime()
        shown = estate.wait_for(lambda: (lambda now: now if now["settled"] == RENEWALS else None)(one.settlement()),
                                180, "every renewal to settle")
        self.assertGreater(one.control("/faults")["injected_total"], 0)
        self.assertEqual(shown["doubled"], 0)
        self.assertTrue(all(len(row["invoice"]["ids"]) == 1 for row in shown["list"]), shown)


if __name__ == "__main__":
    unittest.main()
