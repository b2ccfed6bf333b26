"""A small run of each bench: the keys are there, the figures make sense, and the run itself found no event lost."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"])
PERENNIAL = BUILD / "bin/perennial"
PIPELINE_KEYS = ["events_per_s", "ceiling_events_per_s", "ratio_to_ceiling", "p50_us", "p99_us", "fdatasync_p50_us",
                 "cpu_s_per_million", "peak_rss_mib", "mapped_events_per_s", "map_cpu_s_per_million"]


def bench(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([PERENNIAL, "bench", *arguments, "--directory", folder], capture_output=True, text=True,
                              timeout=280, check=False)
        return done, list(pathlib.Path(folder).iterdir())


class BenchTest(unittest.TestCase):
    def check_pipeline(self, *arguments):
        done, left = bench("pipeline", "--events", "4000", "--rounds", "1", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout.splitlines()[-1])
        for key in PIPELINE_KEYS:
            self.assertGreater(figures[key], 0, key)
        self.assertGreaterEqual(figures["p99_us"], figures["p50_us"])
        self.assertEqual(left, [], "the bench leaves nothing behind")
        return done, figures

    def test_pipeline_in_process(self):
        done, figures = self.check_pipeline("--output", "json")
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertEqual((figures["hosting"], figures["durability"], figures["events"], figures["size"]),
                         ("in_process", "fsync", 4000, 500))

    def test_pipeline_in_child_processes_at_a_given_rate(self):
        _, figures = self.check_pipeline("--hosting", "process", "--durability", "os", "--rate", "1000", "--size", "800")
        self.assertEqual((figures["hosting"], figures["durability"], figures["rate"], figures["size"]),
                         ("process", "os", 1000, 800))

    def test_schema_and_keys(self):
        done, _ = bench("schema", "--output", "json")
        self.assertLessEqual({"ns_per_event", "visitor_ns_per_event", "ratio"}, set(json.loads(done.stdout)))
        done, _ = bench("keys", "--output", "json")
        rows = json.loads(done.stdout)["rows"]
        self.assertEqual([row["keys"] for row in rows], [1_000_000, 10_000_000])
        self.assertLessEqual({"p50_ns", "p99_ns", "bytes_per_key"}, set(rows[0]))

    def test_wrong_usage_says_what_was_expected(self):
        for arguments, wanted in ((["pipelin"], "expected pipeline, schema or keys"),
                                  (["pipeline", "--hosting", "remote"], "in_process or process"),
                                  (["pipeline", "--rate", "fast"], "events a second"),
                                  (["pipeline", "--size", "x"], "bytes of one event")):
            with self.subTest(arguments):
                done, _ = bench(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn(wanted, done.stderr)

    def test_too_small_events_are_refused_with_the_least_size(self):
        done, _ = bench("schema", "--size", "10")
        self.assertEqual(done.returncode, 1)
        self.assertIn("expected a size from", done.stderr)


if __name__ == "__main__":
    unittest.main()
