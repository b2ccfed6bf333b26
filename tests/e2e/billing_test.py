"""Billing through the runtime: terms that begin later, refusals and what a retry makes of them, answers that the vendor
keeps under their keys, keys that it forgot, and events that come twice."""
import collections
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("PERENNIAL_BIN", str(pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"]) / "bin"))
sys.path.insert(0, str(ROOT / "script/lib"))
sys.dont_write_bytecode = True
import estate  # noqa: E402

SECRET_KEY = (ROOT / "examples/renewal/secrets/billing_api_key").read_text().strip()
WEBHOOK_SECRET = (ROOT / "examples/renewal/secrets/billing_webhook_secret").read_text().strip()
EXAMPLE = estate.CONFIG
AMENDMENTS = """
pipelines:
  change-subscription:
    from: renewal.amended.v1
    to: billing.change_subscription
"""
REVERSALS = """
pipelines:
  credit-invoice:
    when_all: [renewal.withdrawn.v1, invoice.posted.v1, payment.received.v1]
    by: correlationid
    within: P60D
    to: billing.credit_invoice
"""


class BillingCase(unittest.TestCase):
    def setUp(self):
        estate.CONFIG = EXAMPLE
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-billing-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def begin(self, renewals, flags=(), listen_port=None, before=lambda one: None):
        self.one = estate.Estate(renewals, 5, self.folder / "estate", sandbox_flags=flags, listen_port=listen_port)
        self.addCleanup(self.one.close)
        before(self.one)
        self.one.start_runtime()
        self.one.wait_ready()
        return self.one

    def copy_of_the_example(self):
        """A configuration of its own; gives its file perennial.yaml."""
        example = self.folder / "renewal"
        shutil.copytree(ROOT / "examples/renewal", example)
        top = example / "perennial.yaml"
        top.write_text(top.read_text().replace("../../schemas/events", str(ROOT / "schemas/events")))
        estate.CONFIG = top
        return top

    def stripe(self, path):
        request = urllib.request.Request(self.one.urls["billing"] + "/v1/" + path,
                                         headers={"Authorization": "Bearer " + SECRET_KEY})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def row(self, renewal):
        return self.one.control(f"/settlement?renewal={renewal}")["list"][0]

    def await_settled(self, *renewals, seconds=90):
        def all_settled():
            return all(self.row(renewal)["settled"] for renewal in renewals)
        estate.wait_for(all_settled, seconds, f"{renewals} to settle: {[self.row(one) for one in renewals]}")

    def await_quiet(self):
        def quiet():
            return self.one.api("/status")["deliveries_open"] == 0
        estate.wait_for(quiet, 60, "every delivery to be settled")

    def await_exception(self, code):
        def there():
            return [one for one in self.one.api("/v1/exceptions?state=open")["exceptions"] if one["code"] == code]
        return estate.wait_for(there, 60, f"an exception with the code {code}")[0]

    def effects(self, renewal, kind):
        rows = self.one.control(f"/ledger?system=billing&renewal={renewal}&kind={kind}")
        return [row for row in rows if not row["detail"].get("replayed")]

    def assert_paid_once(self, renewal):
        row = self.row(renewal)
        self.assertEqual([one["count"] for one in row["payments"]], [1], row)
        self.assertEqual(row["doubled"], 0, row)
        self.assertEqual(row["problems"], [], row)


class TermsTest(BillingCase):
    def test_an_acceptance_45_days_early_leaves_todays_subscription_as_it_is(self):
        def close_one(one):
            plan = one.control("/renewals")
            self.planned = max(plan, key=lambda row: row["start"])
            self.start = datetime.datetime.fromisoformat(self.planned["start"] + "T00:00:00+00:00")
            self.set_clock(one, self.start - datetime.timedelta(days=45))
            one.control("/accept", "POST", {"renewal": self.planned["renewal"]})
        # One acceptance an hour: none but ours comes while the test runs.
        self.begin(4, flags=["--accepted-per-s", "0.0003"], before=close_one)
        renewal = self.planned["renewal"]
        before = self.subscription()
        self.await_settled(renewal)

        planned = self.subscription()
        for name in ("items", "current_period_start", "current_period_end", "metadata", "status"):
            self.assertEqual(planned[name], before[name], name)
        schedule = self.stripe("subscription_schedules/" + planned["schedule"])
        phases = [(one["start_date"], one["end_date"]) for one in schedule["phases"]]
        self.assertEqual(phases, [(before["current_period_start"], self.seconds(self.planned["start"])),
                                  (self.seconds(self.planned["start"]), self.seconds(self.planned["end"]))])

        self.set_clock(self.one, self.start - datetime.timedelta(seconds=5))
        self.assertEqual(self.subscription()["metadata"], before["metadata"])
        self.set_clock(self.one, self.start + datetime.timedelta(seconds=5))
        begun = self.subscription()
        self.assertEqual(begun["metadata"]["renewal_number"], renewal)
        self.assertEqual(begun["current_period_start"], self.seconds(self.planned["start"]))
        self.assertEqual(begun["status"], "active")
        self.assertEqual(begun["cancel_at"], self.seconds(self.planned["end"]))
        self.await_settled(renewal)
        self.assert_paid_once(renewal)
        self.assertEqual(len(self.effects(renewal, "subscription_schedule_create")), 1)
        self.assertEqual(len(self.effects(renewal, "subscription_schedule_update")), 1)

    def subscription(self):
        return self.stripe("subscriptions/" + self.planned["subscription"])

    @staticmethod
    def seconds(day):
        return int(datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp())

    @staticmethod
    def set_clock(one, moment):
        one.control("/clock", "PUT", {"now": moment.strftime("%Y-%m-%dT%H:%M:%SZ")})


class RefusalsTest(BillingCase):
    def test_a_declined_card_settles_by_a_retry_with_one_payment(self):
        self.begin(3, before=lambda one: one.control("/planted", "POST",
                                                     {"renewal": "R-000002", "kind": "card_declined"}))
        exception = self.await_exception("insufficient_funds")
        self.assertEqual(exception["cause"], "rejected")
        self.assertEqual(exception["owner"], "finance-operations")
        self.assertFalse(self.row("R-000002")["settled"])

        self.one.control("/planted", "DELETE")
        code, text = self.one.cli("exception", "retry", exception["id"], "--why", "the customer has a new card")
        self.assertEqual(code, 0, text)

        self.await_settled("R-000001", "R-000002", "R-000003")
        self.assert_paid_once("R-000002")
        self.assertEqual(len(self.effects("R-000002", "subscription_schedule_update")), 1)

    def test_a_corrected_configuration_and_a_retry_within_the_key_window_settle_under_a_new_key(self):
        connector = self.copy_of_the_example().parent / "connectors/billing.yaml"
        good = connector.read_text()
        connector.write_text(good.rstrip("\n") + "\n    vars: {days_until_due: soon}\n")
        self.begin(1)
        exception = self.await_exception("parameter_invalid_integer")
        refused_key = self.key_of("issue_invoice")

        self.one.stop_runtime()
        connector.write_text(good)
        self.one.start_runtime()
        self.one.wait_ready()
        self.one.api(f"/v1/exceptions/{exception['id']}/retry", "POST", {"why": "the terms are corrected"})

        self.await_settled("R-000001")
        self.assert_paid_once("R-000001")
        key = self.key_of("issue_invoice")
        self.assertNotEqual(key, refused_key)
        self.assertEqual(key.rsplit("-", 1)[0], refused_key.rsplit("-", 1)[0])

    def key_of(self, operation):
        deliveries = self.one.api("/v1/renewals/R-000001")["deliveries"]
        return [one["key"] for one in deliveries if one["operation"] == operation][0]

    def test_a_kept_server_error_is_looked_up_and_left_behind_with_its_key(self):
        """The vendor answers one key with the same 500 for ever; proven not applied, the next attempt has another key."""
        self.begin(2, before=lambda one: one.control("/faults", "POST", {
            "system": "billing", "kind": "500", "limit": 1,
            "match": {"method": "POST", "path_regex": "/v1/subscription_schedules/", "renewal": "R-000001"}}))
        self.await_settled("R-000001", "R-000002", seconds=120)

        self.assertEqual(self.one.api("/v1/exceptions?state=open")["exceptions"], [])
        self.assert_paid_once("R-000001")
        self.assertEqual(len(self.effects("R-000001", "subscription_schedule_update")), 1)
        injected = self.one.control("/faults")["injected"]["billing"]
        self.assertEqual(injected["500"], 1)


class PaymentsTest(BillingCase):
    def events(self, kind):
        events = self.one.api(f"/v1/events?type={kind}.v1&limit=100")["events"]
        return [self.one.api("/v1/events/" + urllib.parse.quote(row["id"], safe=""))["events"][0]["event"]["data"] for row in events]

    def test_a_payment_that_fails_is_told_with_its_reason_and_comes_once_in_the_end(self):
        def plant(one):
            one.control("/planted", "POST", {"renewal": "R-000001", "kind": "payment_declined"})
            one.control("/planted", "POST", {"renewal": "R-000002", "kind": "payment_requires_action"})
        self.begin(3, before=plant)
        estate.wait_for(lambda: len(self.events("payment.failed")) == 2, 60, "two payments to fail")
        self.assertEqual({one["renewal"]: one["code"] for one in self.events("payment.failed")},
                         {"R-000001": "insufficient_funds", "R-000002": "requires_action"})
        self.one.control("/planted", "DELETE")
        self.await_settled("R-000001", "R-000002", "R-000003")
        for renewal in ("R-000001", "R-000002", "R-000003"):
            self.assert_paid_once(renewal)

    def test_an_amendment_changes_the_term_under_way(self):
        top = self.copy_of_the_example()
        (top.parent / "pipelines/amendments.yaml").write_text(AMENDMENTS)
        def name_prices(one):
            self.one = one
            self.subscription_id = one.control("/renewals")[0]["subscription"]
            lines = self.stripe("subscriptions/" + self.subscription_id)["items"]["data"]
            self.prices = {line["price"]["nickname"]: line["price"]["id"] for line in lines}
            with open(top.parent / "connectors/billing.yaml", "a") as connector:
                connector.write(f"    vars: {{prices: {json.dumps(self.prices)}}}\n")
        self.begin(1, before=name_prices)
        self.await_settled("R-000001")
        plan = self.one.control("/renewals")[0]
        self.one.control("/clock", "PUT", {"now": plan["start"] + "T12:00:00Z"})
        query = urllib.parse.quote("SELECT Id, Quantity FROM OpportunityLineItem WHERE OpportunityId = "
                                   f"'{plan['opportunity']}' ORDER BY Id LIMIT 1")
        line = self.crm("query?q=" + query)["records"][0]
        more = line["Quantity"] + 3
        self.crm("sobjects/OpportunityLineItem/" + line["Id"], "PATCH", {"Quantity": more})
        self.crm("sobjects/Opportunity/" + plan["opportunity"], "PATCH", {"Description": "three more"})
        estate.wait_for(lambda: self.events("subscription.changed"), 60, "the subscription to be changed")

        changed = self.stripe("subscriptions/" + self.subscription_id)
        self.assertIn(more, [one["quantity"] for one in changed["items"]["data"]])
        self.assertEqual(len(changed["items"]["data"]), len(self.prices))
        self.assertEqual(changed["status"], "active")
        self.assertEqual(len(self.events("subscription.changed")), 1)
        self.assertEqual(self.one.api("/v1/exceptions?state=open")["exceptions"], [])

    def test_a_paid_renewal_that_is_withdrawn_is_credited_and_refunded_once(self):
        top = self.copy_of_the_example()
        with open(top.parent / "connectors/billing.yaml", "a") as connector:
            connector.write("    vars: {credit: refund}\n")
        (top.parent / "pipelines/reversals.yaml").write_text(REVERSALS)
        self.begin(2)
        self.await_settled("R-000001", "R-000002")
        self.await_quiet_of("R-000001")
        opportunity = self.one.control("/renewals")[0]["opportunity"]
        self.crm("sobjects/Opportunity/" + opportunity, "PATCH", {"StageName": "Negotiation/Review"})
        estate.wait_for(lambda: self.events("payment.refunded") and self.events("invoice.credited"), 60,
                        "the credit note and the refund to be told")
        row = self.row("R-000001")
        credited, refunded = self.events("invoice.credited"), self.events("payment.refunded")
        self.assertEqual([one["renewal"] for one in credited + refunded], ["R-000001"] * 2)
        self.assertEqual([one["amount_minor"] for one in credited + refunded], [row["invoice"]["total_minor"]] * 2)
        self.assertEqual(len(self.effects("R-000001", "credit_note_create")), 1)

    def await_quiet_of(self, renewal):
        def paid():
            return any(one["renewal"] == renewal for one in self.events("payment.received"))
        estate.wait_for(paid, 30, f"the payment of {renewal} to be told")

    def crm(self, path, method="GET", fields=None):
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": "perennial-sandbox-client",
                                       "client_secret": "perennial-sandbox-secret"}).encode()
        with urllib.request.urlopen(self.one.urls["crm"] + "/services/oauth2/token", data=form, timeout=10) as answer:
            token = json.loads(answer.read())
        return estate.call(f"{token['instance_url']}/services/data/v61.0/{path}", method, fields, token["access_token"])


class EventsTest(BillingCase):
    def test_events_given_again_after_the_keys_were_pruned_make_no_effect(self):
        self.begin(4)
        renewals = [row["renewal"] for row in self.one.control("/renewals")]
        self.await_settled(*renewals)
        self.await_quiet()
        before = self.one.ledger_size()
        accepted = self.one.api("/v1/events?type=renewal.accepted.v1")["events"]
        self.assertEqual(len(accepted), 4)

        self.assertGreater(self.one.control("/idempotency-keys", "DELETE")["removed"], 0)
        for event in self.stripe("events?limit=100")["data"]:
            self.assertLess(self.send(event), 300)
        for row in accepted:
            self.assertEqual(self.give_again(row["id"]), ["duplicate"])
        self.await_quiet()

        self.assertEqual(self.one.ledger_size(), before)
        self.assertEqual(self.one.settlement()["doubled"], 0)
        for renewal in renewals:
            self.assertEqual(self.payments()[renewal], 1)

    def test_poll_and_webhook_give_each_event_once(self):
        port = estate.free_port()
        url = f"http://127.0.0.1:{port}/webhooks/billing/events"
        self.begin(12, listen_port=port,
                   flags=["--webhook-url", url, "--webhook-secret", "whsec_the_one_before",
                          "--webhook-secret", WEBHOOK_SECRET])
        renewals = [row["renewal"] for row in self.one.control("/renewals")]
        self.await_settled(*renewals)
        # Both ways have brought every payment when the second of each is counted as known.
        estate.wait_for(lambda: self.duplicates() >= 12, 60,
                        "each payment to come by poll and by webhook")
        self.await_quiet()

        self.assertEqual(self.payments(), {renewal: 1 for renewal in renewals})
        settlement = self.one.settlement()
        self.assertEqual((settlement["settled"], settlement["doubled"]), (12, 0))

    def test_a_webhook_that_nobody_signed_is_refused(self):
        self.begin(1)
        self.await_settled("R-000001")
        event = self.stripe("events?limit=1")["data"][0]
        self.assertEqual(self.send(event, secret="whsec_forged"), 401)
        self.assertEqual(self.send(event, age=3600), 401)

    def give_again(self, event_id):
        """Sends an event in as its source would, and gives the verdicts."""
        quoted = urllib.parse.quote(event_id, safe="")
        event = self.one.api("/v1/events/" + quoted)["events"][0]["event"]
        request = urllib.request.Request(f"http://127.0.0.1:{self.one.listen_port}/v1/events",
                                         data=json.dumps(event).encode(), method="POST",
                                         headers={"Content-Type": "application/cloudevents+json",
                                                  "Authorization": f"Bearer {estate.TOKEN}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return [one["verdict"] for one in json.loads(answer.read())["events"]]

    def payments(self):
        events = self.one.api("/v1/events?type=payment.received.v1&limit=1000")["events"]
        return dict(collections.Counter(event["correlation"] for event in events))

    def duplicates(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.one.listen_port}/metrics",
                                         headers={"Authorization": f"Bearer {estate.TOKEN}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines
                   if line.startswith("perennial_events_received_total{") and 'verdict="duplicate"' in line)

    def send(self, event, secret=WEBHOOK_SECRET, age=0):
        """The vendor's own delivery of a webhook; gives the status."""
        body = json.dumps(event).encode()
        at = str(int(time.time()) - age)
        proof = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(self.one.webhook_url, data=body, method="POST",
                                         headers={"Content-Type": "application/json",
                                                  "Stripe-Signature": f"t={at},v1={proof}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


if __name__ == "__main__":
    unittest.main()
