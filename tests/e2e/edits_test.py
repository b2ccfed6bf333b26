"""Edits after acceptance: each won opportunity is edited five times, and only what counts becomes an event."""
import collections
import json
import os
import pathlib
import sys
import unittest
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("PERENNIAL_BIN", str(pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"]) / "bin"))
sys.path.insert(0, str(ROOT / "script/lib"))
sys.dont_write_bytecode = True
import estate  # noqa: E402

RENEWALS = 12


class Crm:
    """A sales person's hands: edits by the CRM's own REST API."""

    def __init__(self, url):
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": "perennial-sandbox-client",
                                       "client_secret": "perennial-sandbox-secret"}).encode()
        with urllib.request.urlopen(url + "/services/oauth2/token", data=form, timeout=10) as answer:
            token = json.loads(answer.read())
        self.base = token["instance_url"] + "/services/data/v61.0/sobjects/Opportunity/"
        self.token = token["access_token"]

    def edit(self, record, fields):
        estate.call(self.base + record, "PATCH", fields, self.token)

    def delete(self, record):
        estate.call(self.base + record, "DELETE", None, self.token)


class EditsTest(unittest.TestCase):
    def setUp(self):
        self.one = estate.Estate(RENEWALS, 5)
        self.addCleanup(self.one.close)
        self.one.start_runtime()
        self.one.wait_ready()
        self.crm = Crm(self.one.urls["crm"])

    def events(self):
        """How many events of each type the journal has, by correlation."""
        counts = collections.defaultdict(collections.Counter)
        for kind in ("accepted", "amended", "withdrawn", "reopened"):
            page = self.one.api(f"/v1/events?type=renewal.{kind}.v1&limit=1000")
            for event in page["events"]:
                counts[event["correlation"]][kind] += 1
        return counts

    def await_events(self, **wanted):
        def reached():
            counts = self.events()
            return len(counts) == RENEWALS and all(dict(one) == wanted for one in counts.values())
        estate.wait_for(reached, 60, f"each renewal to have exactly {wanted}; it has {dict(self.events())}")

    def unchanged(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.one.listen_port}/metrics",
                                         headers={"Authorization": f"Bearer {estate.TOKEN}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines
                   if line.startswith("perennial_observations_unchanged_total{"))

    def test_one_order_and_one_event_for_each_real_change(self):
        def all_settled():
            return self.one.settlement()["settled"] == RENEWALS
        estate.wait_for(all_settled, 90, "all renewals to settle")
        self.await_events(accepted=1)
        records = {row["renewal"]: row["opportunity"] for row in self.one.control("/renewals")}
        # Our own write-backs came back as versions, and said nothing.
        estate.wait_for(lambda: self.unchanged() >= RENEWALS, 30, "the write-backs to be seen")

        before = self.unchanged()
        for record in records.values():
            self.crm.edit(record, {"Description": "called the customer"})
        estate.wait_for(lambda: self.unchanged() >= before + RENEWALS, 30, "the descriptions to be seen")
        for record in records.values():
            self.crm.edit(record, {"Amount": 4321})
        self.await_events(accepted=1, amended=1)
        for record in records.values():
            self.crm.edit(record, {"StageName": "Negotiation/Review"})
        self.await_events(accepted=1, amended=1, withdrawn=1)
        for record in records.values():
            self.crm.edit(record, {"StageName": "Closed Won"})
        self.await_events(accepted=1, amended=1, withdrawn=1, reopened=1)
        for record in records.values():
            self.crm.delete(record)
        self.await_events(accepted=1, amended=1, withdrawn=2, reopened=1)

        orders = collections.Counter(row["renewal"] for row in self.one.control("/ledger?system=erp")
                                     if row["kind"] == "create_order")
        self.assertEqual(orders, collections.Counter(records.keys()))
        self.assertEqual(self.one.api("/v1/exceptions?state=open")["exceptions"], [])


if __name__ == "__main__":
    unittest.main()
