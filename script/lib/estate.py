"""Starts and stops the sandbox estate and a runtime, and talks to both over HTTP. Standard library only."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("PERENNIAL_BIN", ROOT / "build/release/bin"))
CONFIG = ROOT / "examples/renewal/perennial.yaml"
TOKEN = (ROOT / "examples/renewal/secrets/api_token").read_text().strip()


class EstateError(Exception):
    """What went wrong, in words for the person at the terminal."""


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(url, method="GET", body=None, token=None, timeout=20):
    """The parsed JSON answer; an HTTP error raises EstateError with the answer's text."""
    request = urllib.request.Request(url, method=method)
    payload = None
    if body is not None:
        payload = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, data=payload, timeout=timeout) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise EstateError(f"{method} {url}: {error.code} {error.read().decode(errors='replace')[:500]}") from error
    except OSError as error:
        raise EstateError(f"{method} {url}: {error}") from error
    return json.loads(text) if text else None


def wait_for(condition, seconds, what):
    """Polls until `condition` gives something true, and gives it back."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise EstateError(f"expected {what} within {seconds} s, but it did not happen")


class Estate:
    """One sandbox and one runtime in a folder of their own."""

    def __init__(self, renewals, seed, folder=None, port=0, listen_port=None, sandbox_flags=(), binary="perennial"):
        self.renewals = renewals
        self.is_temporary = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="perennial-estate-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.listen_port = listen_port or free_port()
        self.binary = binary
        self.sandbox = None
        self.runtime = None
        self.urls = {}
        self._start_sandbox(seed, port, sandbox_flags)

    # ---- the sandbox

    def _start_sandbox(self, seed, port, flags):
        ports_file = self.folder / "ports.json"
        ports_file.unlink(missing_ok=True)
        self.webhook_url = f"http://127.0.0.1:{self.listen_port}/webhooks/billing/events"
        command = [BIN / "perennial-sandbox", "--port", str(port), "--ports-file", ports_file, "--renewals",
                   str(self.renewals), "--seed", str(seed), *flags]
        with open(self.folder / "sandbox.log", "ab") as log:
            self.sandbox = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        def listening():
            if self.sandbox.poll() is not None:
                raise EstateError(f"the sandbox ended: see {self.folder}/sandbox.log")
            return ports_file.exists()
        wait_for(listening, 20, "the sandbox to listen")
        self.urls = json.loads(ports_file.read_text())

    def control(self, path, method="GET", body=None):
        return call(self.urls["control"] + path, method, body)

    def settlement(self):
        return self.control("/settlement")

    def ledger_size(self):
        return self.control("/ledger/summary")["effects"]

    # ---- the runtime

    def environment(self):
        names = {"crm": "CRM_URL", "erp": "ERP_URL", "billing": "BILLING_URL", "entitlement": "ENTITLEMENT_URL"}
        own = {variable: self.urls[system] for system, variable in names.items()}
        own["PERENNIAL_DATA_DIR"] = str(self.folder / "data")
        own["PERENNIAL_LISTEN"] = f"127.0.0.1:{self.listen_port}"
        own["PERENNIAL_PLUGINS"] = str(BIN.parent / "lib/perennial/plugins")
        return {**os.environ, **own}

    def start_runtime(self):
        command = [str(BIN / self.binary), "run", "--config", str(CONFIG)]
        with open(self.folder / "runtime.log", "ab") as log:
            self.runtime = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment())

    def wait_ready(self, seconds=30):
        def ready():
            if self.runtime.poll() is not None:
                raise EstateError(f"the runtime ended with {self.runtime.returncode}: see {self.folder}/runtime.log")
            try:
                return self.api("/ready")
            except EstateError:
                return None
        return wait_for(ready, seconds, "the runtime to be ready")

    def api(self, path, method="GET", body=None):
        return call(f"http://127.0.0.1:{self.listen_port}{path}", method, body, TOKEN)

    def kill_runtime(self):
        self.runtime.send_signal(signal.SIGKILL)
        self.runtime.wait()

    def stop_runtime(self, seconds=20):
        if self.runtime is None or self.runtime.poll() is not None:
            return
        self.runtime.terminate()
        try:
            self.runtime.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_runtime()

    def cli(self, *arguments):
        """Runs a verb of the command line against this estate; gives (exit code, output)."""
        command = [str(BIN / self.binary), *arguments, "--config", str(CONFIG)]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    # ---- the end

    def close(self, keep=False):
        self.stop_runtime()
        if self.sandbox and self.sandbox.poll() is None:
            self.sandbox.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.sandbox.wait(10)
            if self.sandbox.poll() is None:
                self.sandbox.kill()
        if self.is_temporary and not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
