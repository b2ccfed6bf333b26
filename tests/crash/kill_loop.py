"""Kills the runtime or one of its hosts again and again while deliveries are in flight, then wants everything settled
once: nothing lost, nothing doubled.

  kill_loop.py [--kills 100] [--renewals 200] [--seed 7] [--binary PATH] [--faults transient]

Prints a histogram of the last record before each kill, and one JSON object at the end.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
if "PERENNIAL_BUILD_DIR" in os.environ:
    os.environ.setdefault("PERENNIAL_BIN", str(pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"]) / "bin"))
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "script/lib"))
from estate import Estate, EstateError, wait_for  # noqa: E402


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--renewals", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--binary", default="perennial")
    parser.add_argument("--latency-ms", type=int, default=150, help="of every call, so that there is something in flight")
    parser.add_argument("--faults", choices=["none", "transient"], default="none")
    parser.add_argument("--settle-seconds", type=int, default=300)
    return parser.parse_args()


def last_records(estate):
    """What the journal ends with: (type of the last record, deliveries started and not yet answered)."""
    _, text = estate.cli("journal", "dump", "--output", "json")
    started, last = set(), "none"
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        record = json.loads(line)
        last = record["type"]
        delivery = record.get("delivery")
        if last == "delivery.started":
            started.add(delivery)
        elif last.startswith(("delivery.", "exception.")) and delivery:
            started.discard(delivery)
    return last, len(started)


def host_pids(estate):
    tasks = pathlib.Path(f"/proc/{estate.runtime.pid}/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]


def wait_in_flight(estate, seconds):
    """Until some delivery is out; gives False when nothing moves any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if estate.api("/status").get("deliveries_in_flight", 0) > 0:
                return True
        except EstateError:
            pass
        time.sleep(0.01)
    return False


def kill_once(estate, chance, histogram):
    """One SIGKILL. Gives whether a delivery was in flight by the journal's own account."""
    time.sleep(chance.random() * 0.3)
    pids = host_pids(estate)
    is_host = pids and chance.random() < 0.25
    if is_host:
        os.kill(chance.choice(pids), signal.SIGKILL)
        in_flight = estate.api("/status").get("deliveries_in_flight", 0)
        histogram["(a host)"] += 1
        return in_flight > 0
    estate.kill_runtime()
    last, started = last_records(estate)
    histogram[last] += 1
    estate.start_runtime()
    estate.wait_ready()
    return started > 0


def main():
    options = parse()
    chance = random.Random(options.seed)
    histogram = collections.Counter()
    estate = Estate(options.renewals, options.seed, binary=options.binary)
    try:
        if options.faults == "transient":
            estate.control("/faults/preset", "POST", {"name": "transient", "rate": 0.15})
        estate.control("/faults", "POST", {"system": "*", "kind": "latency", "params": {"ms": options.latency_ms}})
        estate.start_runtime()
        estate.wait_ready()
        kills = busy = 0
        while kills < options.kills and wait_in_flight(estate, 25):
            busy += kill_once(estate, chance, histogram)
            kills += 1
        estate.control("/faults", "DELETE")
        if options.faults == "transient":
            estate.control("/faults/preset", "DELETE")
        settled = None

        def all_settled():
            nonlocal settled
            settled = estate.settlement()
            return settled["settled"] == options.renewals
        try:
            wait_for(all_settled, options.settle_seconds, "all renewals to settle")
        except EstateError as error:
            print(f"kill_loop: {error}", file=sys.stderr)
        estate.stop_runtime()
        code, text = estate.cli("journal", "verify")
        print("last record before a kill:")
        for name, count in histogram.most_common():
            print(f"  {count:5}  {name}")
        summary = {"kills": kills, "with_a_delivery_in_flight": busy, "renewals": options.renewals,
                   "settled": settled["settled"], "lost": settled["lost"], "doubled": settled["doubled"],
                   "journal_verify": code}
        if code != 0:
            print(text[-2000:], file=sys.stderr)
        print(json.dumps(summary))
        is_good = settled["settled"] == options.renewals and settled["lost"] == settled["doubled"] == code == 0
        return 0 if is_good and kills == options.kills else 1
    except EstateError as error:
        print(f"kill_loop: {error}", file=sys.stderr)
        return 3
    finally:
        estate.close()


if __name__ == "__main__":
    sys.exit(main())
