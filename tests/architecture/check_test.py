"""Plants one violation of each rule in a copy of the tree and wants the checker to find it; the tree itself is clean."""
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]

PLANTED = {
    "layer": ("runtime/event/planted.cpp", '#include "runtime/state/state.hpp"\n', "may not include"),
    "plugin reaches into the runtime": ("plugins/erp/planted.cpp", '#include "runtime/base/status.hpp"\n',
                                        "may not include"),
    "sandbox shares with a plugin": ("sandbox/planted.cpp", '#include "plugins/common/url.hpp"\n', "may not include"),
    "third-party owner": ("runtime/pipeline/planted.cpp", "#include <zmq.hpp>\n", "belongs to"),
    "purity": ("runtime/policy/planted.cpp", "#include <chrono>\n", "pure code"),
    "file size": ("runtime/base/planted.cpp", "\n" * 700, "at most 600 lines"),
    "function size": ("runtime/base/planted.cpp", "void planted(int value) {\n" + "  ++value;\n" * 80 + "}\n",
                      "functions of at most"),
    "columns": ("runtime/base/planted.cpp", "// " + "x" * 130 + "\n", "columns"),
    "event type in code": ("runtime/base/planted.cpp", 'const char* kind = "renewal.accepted.v1";\n', "event type"),
    "sleep": ("runtime/base/planted.cpp", "void wait() { std::this_thread::sleep_for(one); }\n", "banned"),
    "unfinished": ("plugins/erp/planted.cpp", "// TODO later\n", "banned"),
}


class CheckTest(unittest.TestCase):
    def test_the_tree_is_clean(self):
        self.assertEqual(check.Checker(ROOT).run(), [])

    def test_every_planted_violation_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for top in (*check.SOURCES, "schemas"):
                shutil.copytree(ROOT / top, copy / top)
            for rule, (path, text, wanted) in PLANTED.items():
                with self.subTest(rule):
                    (copy / path).write_text(text)
                    found = [one for one in check.Checker(copy).run() if one.startswith(path)]
                    (copy / path).unlink()
                    self.assertTrue(any(wanted in one for one in found), f"{rule}: {found}")


if __name__ == "__main__":
    unittest.main()
