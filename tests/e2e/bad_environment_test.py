"""What the machine can do to a runtime: a folder in use, a damaged journal, a full disk, a plugin that takes the process
down. Each gives a message that says what to do, and nothing is lost."""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["PERENNIAL_BUILD_DIR"])
PERENNIAL = BUILD / "bin/perennial"
BLOCK = 4096

CONFIG = """schema_version: 1
data_dir: {data}
runtime: {{partitions: {partitions}}}
plugins: {{directories: ["{plugins}"]}}
schemas: {{unknown_types: accept}}
connectors:
  testing:
    plugin: testing
    hosting: {hosting}
    config: {{events: {events}, calls_file: "{calls}", {extra}}}
    sources: {{events: {{start: all, every: PT0.05S}}}}
pipelines:
  keep:
    from: testing.happened.v1
    to: testing.sink
"""


def detached_tmpfs(size):
    """A file descriptor of a new tmpfs that is mounted nowhere: fsopen(2), fsconfig(2), fsmount(2) by number, because
    neither the C library nor Python names them."""
    libc = ctypes.CDLL(None, use_errno=True)

    def system_call(number, *arguments):
        result = libc.syscall(number, *arguments)
        if result < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return result

    set_string, create = 1, 6
    context = system_call(430, b"tmpfs", 0)
    try:
        system_call(431, context, set_string, b"size", size.encode(), 0)
        system_call(431, context, create, None, None, 0)
        return system_call(432, context, 0, 0)
    finally:
        os.close(context)


class BadEnvironmentTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perennial-env-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.calls = self.folder / "calls"
        self.processes = []
        self.addCleanup(self.stop_all)

    def stop_all(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    def configure(self, data=None, partitions=1, hosting="in_process", events=20, extra="size: 200"):
        path = self.folder / "perennial.yaml"
        path.write_text(CONFIG.format(data=data or self.folder / "data", partitions=partitions, hosting=hosting,
                                      events=events, calls=self.calls, extra=extra,
                                      plugins=BUILD / "lib/perennial/plugins"))
        return path

    def start(self, config):
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen([PERENNIAL, "run", "-c", config], stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def run_to_end(self, config, prefix=(), pass_fds=()):
        return subprocess.run([*prefix, PERENNIAL, "run", "-c", config], capture_output=True, text=True, timeout=60,
                              check=False, pass_fds=pass_fds)

    def journal(self, verb, config):
        done = subprocess.run([PERENNIAL, "journal", verb, "-c", config, "--output", "json"], capture_output=True,
                              text=True, timeout=60, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def wait_done(self, config, count, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _, records = self.journal("dump", config)
            done = [one for one in records if one.get("type") == "delivery.done"]
            if len(done) >= count:
                return records
            time.sleep(0.1)
        self.fail(f"expected {count} deliveries done, but: {(self.folder / 'log').read_text()[-2000:]}")
        return []

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)

    def segment(self):
        return sorted((self.folder / "data/journal/0").glob("journal-*.pj"))[0]

    def run_once(self, **options):
        config = self.configure(**options)
        process = self.start(config)
        self.wait_done(config, 20)
        self.stop(process)
        return config

    def test_a_second_runtime_on_one_data_directory_is_refused(self):
        config = self.configure()
        process = self.start(config)
        self.wait_done(config, 20)

        second = self.run_to_end(config)

        self.assertEqual(second.returncode, 3, second.stderr)
        self.assertIn(f"process {process.pid}", second.stderr)
        self.assertIn("data_dir of its own", second.stderr)
        self.stop(process)

    def test_another_partition_count_is_refused(self):
        self.run_once()

        done = self.run_to_end(self.configure(partitions=2))

        self.assertEqual(done.returncode, 3)
        self.assertIn("expected partitions: 1", done.stderr)

    def test_a_hole_in_the_journal_is_refused_and_nothing_is_changed(self):
        config = self.run_once()
        path = self.segment()
        damaged = bytearray(path.read_bytes())
        damaged[2 * BLOCK + 60] ^= 1
        path.write_bytes(damaged)

        done = self.run_to_end(config)
        code, rows = self.journal("verify", config)

        self.assertEqual(done.returncode, 3)
        self.assertIn("the journal has a hole", done.stderr)
        self.assertIn("restore the segment from a backup", done.stderr)
        self.assertEqual(path.read_bytes(), bytes(damaged))
        self.assertEqual((code, rows[0]["sound"]), (1, False))

    def test_a_torn_tail_is_cut_and_the_runtime_goes_on(self):
        config = self.run_once()
        path = self.segment()
        data = bytearray(path.read_bytes())
        end = max(at for at in range(0, len(data), BLOCK) if data[at:at + 4] == b"PBAT")
        tail = end + BLOCK
        data[tail:tail + 48] = data[end:end + 48]
        path.write_bytes(data)

        process = self.start(self.configure(events=30))
        records = self.wait_done(config, 30)

        self.assertIn("a torn tail was cut", (self.folder / "log").read_text())
        self.stop(process)
        self.assertEqual(self.journal("verify", config)[0], 0)
        self.assertEqual(len({one["delivery"] for one in records if one["type"] == "delivery.done"}), 30)

    def test_a_journal_of_a_newer_release_is_refused(self):
        config = self.run_once()
        path = self.segment()
        data = bytearray(path.read_bytes())
        data[8] = 9
        path.write_bytes(data)

        done = self.run_to_end(config)

        self.assertEqual(done.returncode, 3)
        self.assertIn("start the newer perennial", done.stderr)

    def run_on_small_disk(self):
        as_user = [] if os.geteuid() == 0 else ["-r"]
        private = ["unshare", "-m", *as_user]
        if subprocess.run([*private, "true"], capture_output=True, check=False).returncode == 0:
            small = self.folder / "small"
            small.mkdir()
            mount = f'mount -t tmpfs -o size=20m tmpfs "{small}" && exec "$@"'
            return self.run_to_end(self.configure(data=small / "data"), [*private, "sh", "-c", mount, "sh"])
        # In a changed root there is no mount point to make private: a file system that is mounted nowhere.
        disk = detached_tmpfs("20m")
        self.addCleanup(os.close, disk)
        return self.run_to_end(self.configure(data=f"/proc/self/fd/{disk}/data"), pass_fds=[disk])

    def test_a_disk_without_room_for_a_segment_is_named(self):
        done = self.run_on_small_disk()

        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("No space left", done.stderr)
        self.assertIn("journal", done.stderr)

    def test_a_plugin_that_crashes_in_process_costs_a_restart_and_nothing_else(self):
        crash = self.folder / "crash"
        crash.write_text("")
        config = self.configure(extra=f'size: 200, crash_in: execute, crash_file: "{crash}"')
        process = self.start(config)
        self.assertEqual(process.wait(30), -signal.SIGABRT)

        again = self.start(config)
        records = self.wait_done(config, 20)

        self.stop(again)
        done = [one["delivery"] for one in records if one["type"] == "delivery.done"]
        self.assertEqual(sorted(set(done)), sorted(done))
        self.assertTrue(any(one["type"] == "delivery.uncertain" for one in records))

    def test_a_plugin_that_crashes_in_its_own_process_costs_its_lane_a_moment(self):
        crash = self.folder / "crash"
        crash.write_text("")
        config = self.configure(hosting="process", extra=f'size: 200, crash_in: execute, crash_file: "{crash}"')
        process = self.start(config)

        records = self.wait_done(config, 20, 60)

        self.assertIsNone(process.poll())
        self.stop(process)
        self.assertEqual(sum(one["type"] == "host.started" for one in records), 2)
        self.assertIn("killed by signal 6", (self.folder / "log").read_text())


if __name__ == "__main__":
    unittest.main()
