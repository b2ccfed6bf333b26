"""What people do with a runtime: watch renewals, work off exceptions, stop connectors, send events; over HTTP and with
the nouns of the command line, with and without a runtime that is up."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"])
os.environ.setdefault("PERENNIAL_BIN", str(BUILD / "bin"))
PERENNIAL = BUILD / "bin/perennial"
sys.path.insert(0, str(ROOT / "script/lib"))
sys.dont_write_bytecode = True
from estate import free_port, wait_for  # noqa: E402

CONFIG = """schema_version: 1
data_dir: {data}
runtime: {{partitions: {partitions}}}
secrets: {secrets}
{http}
plugins: {{directories: ["{plugins}"]}}
schemas: {{unknown_types: accept}}
connectors:
  testing:
    plugin: testing
    hosting: in_process
    config: {{events: {events}, size: 200, outcome: {outcome}}}
    sources: {{events: {{start: all, every: PT0.05S}}}}
pipelines:
  keep:
    from: testing.happened.v1
    to: testing.sink
owners:
  default: {{owner: operations}}
  rules:
    - {{connector: testing, owner: finance-operations, due: PT1H}}
"""
DONE, REJECTED = 1, 3
EVENT = {"specversion": "1.0", "id": "sent-1", "source": "test", "type": "note.v1", "correlationid": "N-1",
         "data": {"text": "hello", "number": 7}}


class PeopleTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-people-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        secrets = self.folder / "secrets"
        secrets.mkdir()
        for name in ("viewer", "operator"):
            (secrets / name).write_text(f"{name}-secret")
        self.config = self.folder / "perennial.yaml"
        self.process = None
        self.addCleanup(self.kill)

    # ---- the runtime

    def configure(self, outcome=DONE, events=3, partitions=1, tokens=("viewer", "operator"), http=True):
        rows = ", ".join(f'{{name: {name}, role: {name}, token: "${{secret:{name}}}"}}' for name in tokens)
        section = f"http: {{listen: 127.0.0.1:{self.port}, tokens: [{rows}]}}" if http else ""
        self.config.write_text(CONFIG.format(
            data=self.folder / "data", secrets=self.folder / "secrets", partitions=partitions, events=events,
            outcome=outcome, plugins=BUILD / "lib/perennial/plugins", http=section))

    def start(self, **options):
        self.configure(**options)
        self.start_again(options.get("http", True))

    def start_again(self, has_http=True):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([PERENNIAL, "run", "-c", self.config], stdout=log, stderr=log)
        if has_http:
            wait_for(self.is_ready, 30, "the runtime to be ready")

    def is_ready(self):
        self.assertIsNone(self.process.poll(), (self.folder / "log").read_text()[-2000:])
        try:
            return self.http("GET", "/ready", token=None)[0] == 200
        except urllib.error.URLError:
            return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(30), 0, (self.folder / "log").read_text()[-2000:])

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # ---- talking to it

    def http(self, method, path, body=None, token="operator-secret", headers=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=body.encode() if body is not None else None, headers=headers or {})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def get(self, path):
        status, text = self.http("GET", path)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def cli(self, *words, code=0, text_in=None):
        done = subprocess.run([PERENNIAL, *words, "-c", self.config], capture_output=True, text=True, timeout=60,
                              check=False, input=text_in)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def cli_json(self, *words, code=0):
        body = json.loads(self.cli(*words, "-o", "json", code=code))
        self.assertEqual(body["schema_version"], 1)
        return body

    def exceptions(self, count, state="open"):
        def there():
            rows = self.get(f"/v1/exceptions?state={state}&limit=1000")["exceptions"]
            return rows if len(rows) == count else None
        return wait_for(there, 30, f"{count} {state} exceptions")

    # ---- tests

    def test_exceptions_are_found_tried_and_closed(self):
        self.start(outcome=REJECTED)
        rows = self.exceptions(3)
        self.assertEqual({row["owner"] for row in rows}, {"finance-operations"})
        first = rows[0]["id"]
        self.assertIn(first, self.cli("exception", "list", "--owner", "finance-operations"))
        self.assertEqual(self.cli("exception", "list", "--owner", "legal"), "no exceptions\n")
        self.assertIn("rejected", self.cli("exception", "show", first))

        # A trial that fails leaves the exception open, counted.
        self.assertIn("tried again", self.cli("exception", "retry", first, "--why", "perhaps now"))
        wait_for(lambda: self.cli_json("exception", "show", first)["exception"]["count"] == 2, 30, "a second refusal")

        # A pause survives a restart; a trial waits for its end.
        self.cli("connector", "pause", "testing", "--why", "the remote is being repaired")
        self.stop()
        self.start(outcome=DONE)
        self.assertEqual(self.cli_json("connector", "list")["connectors"][0]["flow"], "paused")
        self.cli("exception", "retry", first, "--why", "repaired")
        self.assertEqual(self.cli_json("exception", "show", first)["exception"]["state"], "trial")
        self.assertIn("one is: wait for its outcome", self.cli("exception", "retry", first, code=1))
        self.cli("connector", "resume", "testing")
        closed = self.exceptions(1, "closed")[0]
        self.assertEqual((closed["id"], closed["closed"]["how"]), (first, "succeeded"))
        self.exceptions(2)

        # Resolving asks for a reason and remembers who gave it.
        second, third = [row["id"] for row in rows[1:]]
        self.cli("exception", "resolve", second, code=2)
        self.cli("exception", "resolve", second, "--why", "done by hand")
        self.cli("exception", "resolve", second, "--why", "again", code=1)
        told = self.cli_json("exception", "show", second)["exception"]["closed"]
        self.assertEqual((told["how"], told["by"], told["why"]), ("resolved", "operator", "done by hand"))
        self.cli("exception", "retry", third)
        self.exceptions(3, "closed")
        status = self.get("/status")
        self.assertEqual((status["deliveries_open"], status["exceptions_open"]), (0, 0))

    def test_the_nouns_say_the_same_with_and_without_a_runtime(self):
        self.start(events=20, partitions=2)
        wait_for(lambda: self.get("/status")["deliveries_open"] == 0 and self.get("/status")["events_accepted"] == 20,
                 30, "rest")
        renewals = self.cli_json("renewal", "list")
        self.assertEqual(len(renewals["renewals"]), 20)
        one = renewals["renewals"][0]["id"]
        questions = [("renewal", "list"), ("renewal", "show", one), ("event", "list", "--limit", "7"),
                     ("exception", "list"), ("renewal", "list", "--state", "settled")]
        event = self.cli_json("event", "list", "--limit", "1")["events"][0]["id"]
        questions.append(("event", "show", event))
        online = [self.cli_json(*words) for words in questions]
        texts = [self.cli(*words) for words in questions]
        self.assertIn("sink done", texts[1])
        self.assertIn("id done", texts[1])
        before = {path.name for path in (self.folder / "data").iterdir()}
        self.stop()

        self.assertEqual([self.cli_json(*words) for words in questions], online)
        self.assertEqual([self.cli(*words) for words in questions], texts)
        self.assertIn("no runtime", self.cli("connector", "list"))
        self.assertLessEqual({path.name for path in (self.folder / "data").iterdir()}, before)
        self.assertIn("perennial run", self.cli("exception", "retry", "X0-1", code=3))
        self.assertIn("perennial run", self.cli("connector", "pause", "testing", code=3))

    def test_a_view_that_was_lost_is_built_again(self):
        self.start(events=5)
        wait_for(lambda: len(self.cli_json("renewal", "list", "--state", "settled")["renewals"]) == 5, 30,
                 "five settled renewals")
        told = self.cli("renewal", "list")
        self.kill()
        for path in (self.folder / "data").glob("view.sqlite*"):
            path.write_bytes(b"not a database" * 1000)
        self.assertEqual(self.cli("renewal", "list"), told)
        self.start(events=5)
        self.assertEqual(self.cli("renewal", "list"), told)

    def test_events_are_sent_from_files(self):
        self.start(events=0)
        path = self.folder / "event.json"
        path.write_text(json.dumps(EVENT))
        self.assertEqual(self.cli("event", "send", path), "accepted  sent-1\n")
        self.assertEqual(self.cli("event", "send", "-", text_in=json.dumps([EVENT, {**EVENT, "id": "sent-2"}])),
                         "duplicate  sent-1\naccepted  sent-2\n")
        self.assertIn('"hello"', self.cli("event", "show", "sent-2"))
        self.assertEqual(self.cli_json("renewal", "show", "hello", code=0)["renewal"]["id"], "N-1")
        path.write_text('{"specversion": "1.0", "id": "x"')
        self.assertIn("line 1", self.cli("event", "send", path, code=1))
        path.write_text(json.dumps([EVENT, {**EVENT, "source": ""}]))
        self.assertIn("index 1", self.cli("event", "send", path, code=1))
        self.cli("event", "send", self.folder / "missing.json", code=3)

    def test_a_webhook_reaches_its_connector(self):
        self.start(events=0)
        good = {"X-Signature": "good"}
        self.assertEqual(self.http("POST", "/webhooks/testing/hook?a=b", body="77", token=None)[0], 401)
        self.assertEqual(self.http("POST", "/webhooks/testing/hook", body="x", token=None, headers=good)[0], 400)
        self.assertEqual(self.http("POST", "/webhooks/testing/hook?a=b", body="77", token=None, headers=good),
                         (202, "taken"))
        wait_for(lambda: self.get("/v1/events?type=testing.happened.v1")["events"], 30, "the webhook's event")
        self.assertEqual(self.http("POST", "/webhooks/nobody/hook", body="77", token=None)[0], 404)

    def test_a_source_is_moved_and_read_again_without_a_second_effect(self):
        self.start(events=5)
        wait_for(lambda: self.get("/status")["events_accepted"] == 5, 30, "the first events")
        self.assertIn("events", self.cli("connector", "cursor", "show", "testing"))
        words = ("connector", "cursor", "set", "testing", "events", "--start", "all")
        self.cli(*words, code=2)
        self.assertIn("pause it", self.cli(*words, "--why", "read again", code=1))

        self.cli("connector", "pause", "testing", "--why", "read again")
        self.assertIn("set:", self.cli(*words, "--why", "read again"))
        self.assertIn("start all", self.cli("connector", "cursor", "show", "testing"))
        self.cli("connector", "resume", "testing")

        def read_again():
            lines = self.http("GET", "/metrics")[1].splitlines()
            return any(line.startswith("perennial_events_received_total") and 'verdict="duplicate"' in line
                       and float(line.split()[-1]) >= 5 for line in lines)
        wait_for(read_again, 30, "the events to be seen again")
        self.assertEqual(self.get("/status")["events_accepted"], 5)
        self.assertIn("read again", self.cli("journal", "dump"))

    def test_a_connector_is_checked(self):
        self.start(events=0)
        self.assertIn("api_key", self.cli("connector", "check", "testing"))
        self.cli("connector", "check", "nobody", code=1)
        self.stop()
        self.config.write_text(self.config.read_text().replace("config: {", "config: {check_error: no way, "))
        self.start_again()
        for output in ("text", "json"):
            self.assertIn("no way", self.cli("connector", "check", "testing", "--output", output, code=1))
        self.cli("connector", "check", code=2)

    def test_usage_is_refused_with_what_is_expected(self):
        self.configure()
        for words in (("renewal",), ("renewal", "show"), ("exception", "undo", "X0-1"), ("event", "list", "extra"),
                      ("connector", "stop", "testing"), ("plugin", "show")):
            self.assertIn("expected", self.cli(*words, code=2))
        self.cli("plugin", "show", "nothing", code=1)
        self.assertIn("sink", self.cli("plugin", "show", "testing"))
        self.assertIn("testing", self.cli("plugin", "list"))
        # No runtime has ever used this folder.
        self.assertIn("no meta.json", self.cli("renewal", "list", code=3))

    def test_a_runtime_that_cannot_be_asked_is_named(self):
        self.start(events=0, tokens=("viewer",))
        self.cli("renewal", "list")
        self.assertIn("role operator", self.cli("connector", "pause", "testing", code=3))
        self.assertEqual(self.http("POST", "/v1/connectors/testing/pause", token="viewer-secret")[0], 403)
        self.configure(tokens=())
        self.assertIn("http: tokens:", self.cli("renewal", "list", code=3))
        self.configure(http=False)
        self.assertIn("no http: section", self.cli("renewal", "list", code=3))

    def test_without_tokens_only_health_is_told(self):
        self.start(events=0, tokens=())
        self.assertEqual(self.http("GET", "/live", token=None)[0], 200)
        status, text = self.http("GET", "/v1/renewals", token="viewer-secret")
        self.assertEqual(status, 401)
        self.assertIn("http: tokens:", text)

    def test_an_address_in_use_is_refused(self):
        self.start(events=0)
        self.config.write_text(self.config.read_text().replace(f"{self.folder}/data", f"{self.folder}/other"))
        said = self.cli("run", code=3)
        self.assertIn(f"127.0.0.1:{self.port}", said)
        self.assertIn("http: listen:", said)


if __name__ == "__main__":
    unittest.main()
