"""The same seeds give the same run, byte for byte: every record and every frame goes into the digest."""
import subprocess
import sys

command = [sys.argv[1], "--seeds", "40", "--from", "9000", "--digest"]
runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
lines = runs[0].splitlines()
if runs[0] != runs[1]:
    sys.exit("expected the same digests of the same seeds, but they differ")
if len(lines) != 40 or len({line.split()[2] for line in lines}) != 40:
    sys.exit("expected 40 digests, each another one, but there are:\n" + runs[0])
