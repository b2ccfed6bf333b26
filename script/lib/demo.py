"""The demo: an estate of four simulated systems, a runtime, and what becomes of the renewals."""
import argparse
import json
import sys
import time

from estate import TOKEN, Estate, EstateError

# 15 % of all calls; until each kind has happened 20 times on each system, more of that system's.
PRESET = {"rate": 0.15, "floor": 20, "floor_rate": 0.85}
QUIET_SECONDS = 6  # nothing moved for so long: waits of the connectors are shorter than this


def parse(arguments):
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--headless", action="store_true", help="run until nothing moves, print one JSON summary, end")
    parser.add_argument("--renewals", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--faults", choices=["none", "transient", "mixed"], default="none")
    parser.add_argument("--folder", help="keep everything here; otherwise a temporary folder that is removed")
    parser.add_argument("--binary", default="perennial", help=argparse.SUPPRESS)
    parser.add_argument("--limit-seconds", type=int, default=600, help="give up after so long")
    return parser.parse_args(arguments)


class Milestones:
    """Prints what the runtime tells, one line a fact, oldest first."""

    def __init__(self, estate, is_quiet):
        self.estate = estate
        self.is_quiet = is_quiet
        self.after = ""

    def show(self):
        if self.is_quiet:
            return
        page = self.estate.api(f"/v1/timeline?limit=500&after={self.after}")
        for row in page["timeline"]:
            who = f"{row['connector']}.{row['operation']}" if row.get("operation") else row.get("connector", "")
            print(f"  {row['time'][11:19]}  {row.get('correlation') or '-':10}  {row['kind']:22}  {who:28}  {row['text']}")
        self.after = page.get("next", self.after)


def run_until_quiet(estate, milestones, limit_seconds):
    """Until all is settled, or nothing has moved for a while. Gives the seconds to the last movement."""
    begin = moved = time.monotonic()
    last = None
    while time.monotonic() - begin < limit_seconds:
        milestones.show()
        status = estate.api("/status")
        state = (estate.ledger_size(), status["deliveries_open"], status["exceptions_open"], status["events_accepted"])
        now = time.monotonic()
        if state != last:
            last, moved = state, now
        if status["deliveries_moving"] == 0 and now - moved > QUIET_SECONDS:
            return moved - begin
        time.sleep(0.2)
    raise EstateError(f"expected rest within {limit_seconds} s, but deliveries still move")


def print_fault_table(faults):
    kinds = sorted({kind for counts in faults["injected"].values() for kind in counts})
    print(f"  {'faults injected':16}" + "".join(f"{kind:>16}" for kind in kinds))
    for system, counts in sorted(faults["injected"].items()):
        print(f"  {system:16}" + "".join(f"{counts.get(kind, 0):>16}" for kind in kinds)
              + f"   of {faults['calls'][system]} calls")


def open_exceptions(estate):
    return estate.api("/v1/exceptions?state=open&limit=1000")["exceptions"]


def judge_planted(estate, planted):
    """The open exceptions must be exactly the planted causes, each with its owner. Gives what differs."""
    problems = []
    left = {cause["renewal"]: cause for cause in planted}
    for exception in open_exceptions(estate):
        cause = left.pop(exception["correlation"], None)
        if cause is None:
            problems.append(f"unexpected exception {exception['id']}: {exception['cause']} {exception['text']}")
        elif exception["owner"] != cause["expected_owner_area"]:
            problems.append(f"{exception['id']} is owned by {exception['owner']}, not {cause['expected_owner_area']}")
        elif cause["kind"] == "late_effect" and exception["cause"] != "possible_double":
            problems.append(f"{exception['id']} is {exception['cause']}, not possible_double")
    problems += [f"no exception for {cause['kind']} of {renewal}" for renewal, cause in left.items()]
    return problems


def retry_all(estate):
    for exception in open_exceptions(estate):
        action = "resolve" if exception["cause"] == "possible_double" else "retry"
        estate.api(f"/v1/exceptions/{exception['id']}/{action}", "POST", {"why": "the cause was removed"})


def play(options, estate):
    """Runs the story and gives the summary and a list of what is wrong."""
    if options.faults != "none":
        estate.control("/faults/preset", "POST", PRESET | {"name": options.faults})
    begin = time.monotonic()
    estate.start_runtime()
    estate.wait_ready()
    milestones = Milestones(estate, options.headless)
    run_until_quiet(estate, milestones, options.limit_seconds)
    planted = estate.control("/planted") if options.faults == "mixed" else []
    problems = []
    if planted:
        problems += judge_planted(estate, planted)
        print(f"  {len(planted)} planted causes, {len(open_exceptions(estate))} open exceptions, "
              f"{len(problems)} differences")
        estate.control("/planted", "DELETE")
        estate.control("/faults/preset", "DELETE")
        retry_all(estate)
        run_until_quiet(estate, milestones, options.limit_seconds)
    settlement = estate.settlement()
    faults = estate.control("/faults")
    if options.faults != "none":
        print_fault_table(faults)
    doubled = settlement["doubled"] - (settlement.get("doubled_planted", 0) if planted else 0)
    exceptions = open_exceptions(estate)
    problems += [f"{row['renewal']}: {', '.join(row['problems'])}" for row in settlement["list"]
                 if row["accepted"] and not row["settled"]]
    problems += [f"exception {one['id']} has no owner" for one in exceptions if not one["owner"]]
    summary = {
        "renewals": settlement["renewals"], "settled": settlement["settled"], "churned": settlement["churned"],
        "open_exceptions": len(exceptions), "open_approvals": 0, "planted_faults": len(planted),
        "lost": settlement["lost"], "doubled": doubled, "faults_injected": faults["injected_total"],
        "seconds": round(time.monotonic() - begin, 1)}
    return summary, problems


def main():
    options = parse(sys.argv[1:])
    estate = None
    try:
        if options.headless:
            estate = Estate(options.renewals, options.seed, options.folder, binary=options.binary)
            summary, problems = play(options, estate)
            for problem in problems[:20]:
                print("  " + problem, file=sys.stderr)
            print(json.dumps(summary))
            is_good = not problems and summary["lost"] == 0 and summary["doubled"] == 0
            return 0 if is_good else 1
        estate = Estate(options.renewals, options.seed, options.folder, port=7500, listen_port=7400,
                        sandbox_flags=["--accepted-per-s", "2"], binary=options.binary)
        stay_up(options, estate)
        return 0
    except EstateError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 0
    finally:
        if estate:
            estate.close(keep=bool(options.folder))


def stay_up(options, estate):
    if options.faults != "none":
        estate.control("/faults/preset", "POST", PRESET | {"name": options.faults})
    estate.start_runtime()
    estate.wait_ready()
    print(f"perennial runs on http://127.0.0.1:{estate.listen_port} (token: {TOKEN}), the sandbox estate on "
          f"{estate.urls['control']}; Ctrl-C ends both")
    milestones = Milestones(estate, False)
    while estate.runtime.poll() is None:
        milestones.show()
        time.sleep(0.5)
    raise EstateError(f"the runtime ended with {estate.runtime.returncode}: see {estate.folder}/runtime.log")


if __name__ == "__main__":
    sys.exit(main())
