"""Wants every planted bug found, and prints how many seeds each took.

  find_bugs.py BINARY [--seeds 10000] [--events 40] [--jobs 1] [NAME ...]
"""
import argparse
import re
import subprocess
import sys
import time


def is_sound(options, seed):
    """Whether the same program holds its promises with that seed when no bug is switched on."""
    command = [options.binary, "--bug", "none", "--seeds", "1", "--from", seed, "--events", str(options.events)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, default=10000)
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--without", default="", help="names that are left out, with commas between")
    options = parser.parse_intermixed_args()
    known = re.findall(r"bug: (\S+)", subprocess.run([options.binary, "--help"], capture_output=True, text=True,
                                                     check=False).stderr)
    left_out = options.without.split(",") if options.without else []
    unknown = set(left_out) - set(known)
    if unknown:
        print(f"expected known bugs to leave out, but there is no {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    names = [name for name in options.names or known if name not in left_out]
    for name in left_out:
        print(f"{name:26}  left out")
    missed = []
    for name in names:
        begun = time.monotonic()
        done = subprocess.run([options.binary, "--bug", name, "--seeds", str(options.seeds), "--events",
                               str(options.events), "--jobs", str(options.jobs)],
                              capture_output=True, text=True, errors="replace", check=False)
        found = re.search(r"^FAILED: seed (\d+): (.*)", done.stdout, re.MULTILINE)
        if not found or not is_sound(options, found.group(1)):
            missed.append(name)
        seeds = found.group(1) if found else "NOT FOUND"
        what = found.group(2)[:90] if found else f"exit {done.returncode}"
        print(f"{name:26} {seeds:>9}  {time.monotonic() - begun:6.1f} s  {what}", flush=True)
    print(f"{len(names) - len(missed)} of {len(names)} planted bugs were found")
    return 1 if missed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
