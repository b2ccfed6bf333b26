"""The CRM through the runtime: what its user may do, its daily API calls, its API versions, and CPQ quotes."""
import os
import pathlib
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


class CrmTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-crm-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        example = self.folder / "renewal"
        shutil.copytree(ROOT / "examples/renewal", example)
        estate.CONFIG = example / "perennial.yaml"
        self.replace("perennial.yaml", "../../schemas/events", str(ROOT / "schemas/events"))

    def replace(self, name, old, new):
        path = self.folder / "renewal" / name
        text = path.read_text()
        self.assertEqual(text.count(old), 1, f"{old} in {name}")
        path.write_text(text.replace(old, new))

    def begin(self, renewals, before=lambda one: None):
        self.one = estate.Estate(renewals, 5, self.folder / "estate")
        self.addCleanup(self.one.close)
        before(self.one)
        self.one.start_runtime()
        self.one.wait_ready()

    def await_settled(self, count, seconds):
        estate.wait_for(lambda: self.one.settlement()["settled"] == count, seconds,
                        f"{count} renewals to settle: {self.one.settlement()}")

    def exceptions(self, code):
        return [one for one in self.one.api("/v1/exceptions?state=open")["exceptions"] if one["code"] == code]

    def test_a_check_names_the_field_that_the_user_may_not_change(self):
        self.begin(1)
        code, text = self.one.cli("connector", "check", "crm")
        self.assertEqual(code, 0, text)
        self.one.control("/field-access", "PUT", {"object": "Opportunity", "field": "Invoice__c", "access": "read"})
        self.one.control("/field-access", "PUT", {"object": "Account", "field": "Erp_Customer__c", "access": "none"})
        code, text = self.one.cli("connector", "check", "crm")
        self.assertEqual(code, 1, text)
        self.assertIn("Opportunity.Invoice__c", text)
        self.assertIn("Account has no field Erp_Customer__c", text)

    def test_calls_are_held_back_before_the_org_refuses_them(self):
        self.begin(30, before=lambda one: one.control("/api-limit", "PUT", {"max": 5}))
        def held():
            page = self.one.api("/v1/timeline?limit=1000")
            return [row for row in page["timeline"] if row["kind"] == "delivery.deferred"
                    and row["detail"].get("code") == "api_limit_near"]
        estate.wait_for(held, 60, "a write to be held back near the limit")
        self.assertEqual(self.exceptions("REQUEST_LIMIT_EXCEEDED"), [])

        self.one.control("/api-limit", "PUT", {"max": 100000})
        self.await_settled(30, 120)
        self.assertEqual(self.one.api("/v1/exceptions?state=open")["exceptions"], [])

    def test_a_version_that_the_org_does_not_serve_is_an_incident_that_names_those_it_serves(self):
        self.replace("connectors/crm.yaml", "      lag_ms: 0\n", '      lag_ms: 0\n      api_version: "70.0"\n')
        self.begin(1)
        found = estate.wait_for(lambda: self.exceptions("UNSUPPORTED_API_VERSION"), 60, "the incident")
        self.assertEqual(len(found), 1, found)
        self.assertIn("31.0 to 66.0", found[0]["text"])
        self.assertEqual(found[0]["owner"], "sales-operations")

    def test_cpq_quotes_become_events(self):
        self.replace("connectors/crm.yaml", "      opportunities: {every: PT1S, start: all}\n",
                     "      opportunities: {every: PT1S, start: all}\n      quotes: {every: PT1S, start: all}\n")
        self.begin(5)
        def quotes():
            return self.one.api("/v1/events?type=renewal.quoted.v1&limit=100")["events"]
        estate.wait_for(lambda: len(quotes()) == 5, 60, "a quote of each renewal")
        plan = {row["renewal"]: row for row in self.one.control("/renewals")}
        for row in quotes():
            event = self.one.api("/v1/events/" + urllib.parse.quote(row["id"], safe=""))["events"][0]["event"]
            renewal = plan[row["correlation"]]
            self.assertEqual(event["data"]["total_minor"], renewal["amount_minor"])
            self.assertEqual(event["data"]["term"], {"start": renewal["start"], "end": renewal["end"]})
        self.await_settled(5, 90)
        self.assertEqual(self.one.api("/v1/exceptions?state=open")["exceptions"], [])


if __name__ == "__main__":
    unittest.main()
