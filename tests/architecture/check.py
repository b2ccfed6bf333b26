"""Holds the rules of the house: layers, owners of third-party headers, sizes, banned words and calls.

  check.py [ROOT]     exits 1 and names file, line, rule and cure for each violation
"""
import pathlib
import re
import sys

# A folder may include the folders named here, and itself.
LAYERS = {
    "runtime/base": [],
    "runtime/event": ["runtime/base"],
    "runtime/policy": ["runtime/event", "runtime/base"],
    "runtime/store": ["runtime/base"],
    "runtime/wire": ["runtime/event", "runtime/base"],
    "runtime/state": ["runtime/event", "runtime/base", "runtime/store"],
    "runtime/pipeline": ["runtime/state", "runtime/wire", "runtime/store", "runtime/policy", "runtime/event",
                         "runtime/base"],
    "runtime/host": ["runtime/wire", "runtime/event", "runtime/base", "perennial"],
    "runtime/view": ["runtime/pipeline", "runtime/state", "runtime/store", "runtime/wire", "runtime/policy",
                     "runtime/event", "runtime/base"],
    "runtime/admin": ["runtime/view", "runtime/host", "runtime/pipeline", "runtime/state", "runtime/store",
                      "runtime/wire", "runtime/policy", "runtime/event", "runtime/base"],
    "runtime/app": ["runtime/admin", "runtime/view", "runtime/host", "runtime/pipeline", "runtime/state",
                    "runtime/store", "runtime/wire", "runtime/policy", "runtime/event", "runtime/base", "perennial"],
    "plugin_api/include": ["perennial"],
    "plugin_api/sdk": ["perennial"],
    "plugins": ["plugins", "perennial"],
    "sandbox": [],
}
PREFIXES = ["runtime/", "plugins/", "sandbox/", "perennial/", "tests/", "bench/"]

# Header pattern -> folders that may include it. Everything else that is not standard is listed in SHARED.
OWNERS = {
    r"^boost/dll": ["runtime/host"],
    r"^jq\.h|^jv\.h": ["runtime/host"],
    r"^boost/(beast|asio)": ["runtime/admin", "sandbox"],
    r"^boost/program_options": ["runtime/app", "sandbox"],
    r"^zmq": ["runtime/wire"],
    r"^msgpack": ["runtime/event"],
    r"^re2/": ["runtime/policy"],
    r"^yaml-cpp": ["runtime/app"],
    r"^soci": ["runtime/view"],
    r"^(sqlite3)": ["runtime/view"],
    r"^(spdlog|fmt|prometheus)": ["runtime/base", "runtime/admin"],
    r"^xxhash": ["runtime/base"],
    r"^curl/": ["plugins/common", "runtime/admin"],
    r"^openssl/": ["plugins", "runtime/host", "runtime/admin", "sandbox"],
    r"^nlohmann/": ["runtime/app", "runtime/admin", "runtime/view", "runtime/host", "runtime/policy", "plugins",
                    "sandbox"],
}

# The pure folders: what would make a decision depend on more than its arguments.
PURE = ["runtime/policy", "runtime/state"]
PURE_FILES = ["runtime/pipeline/" + name + suffix for suffix in (".hpp", ".cpp") for name in
              ("partition", "intake", "router", "dispatch", "settle", "exceptions", "schedule", "graph", "inputs")]
IMPURE = r"^(thread|mutex|atomic|chrono|fstream|random|filesystem|unistd\.h|fcntl\.h|sys/|spdlog|ctime|time\.h)"

FILE_LINES_MAX = 600
HEADER_LINES_MAX = 360
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 120
SOURCES = ("runtime", "plugin_api", "plugins", "sandbox", "tests", "examples", "bench")

BANNED = [
    (r"^(?!.*//).*\bsleep_for\s*\(|^\s*usleep\s*\(", ["runtime", "plugins"], "wait on a condition instead of sleeping",
     ["plugins/testing/"]),
    (r"//.*\b(TODO|FIXME|XXX)\b", ["runtime", "plugin_api", "plugins", "sandbox"], "finish it, or write a decision",
     []),
]


class Checker:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.violations = []

    def add(self, path, line, rule, cure):
        self.violations.append(f"{path}:{line}: {rule}; {cure}")

    def run(self):
        for top in SOURCES:
            for path in sorted((self.root / top).rglob("*")):
                is_ours = "node_modules" not in path.parts
                if is_ours and path.suffix in (".cpp", ".hpp", ".h", ".c") and path.is_file():
                    self.check_file(path)
        self.check_event_types()
        self.check_silhouettes()
        return self.violations

    def check_file(self, path):
        name = path.relative_to(self.root).as_posix()
        lines = path.read_text(encoding="utf-8").split("\n")
        limit = HEADER_LINES_MAX if path.suffix in (".hpp", ".h") else FILE_LINES_MAX
        if len(lines) > limit:
            self.add(name, len(lines), f"expected at most {limit} lines", "split it by what its parts are about")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                self.add(name, number, f"expected at most {COLUMNS_MAX} columns", "break the line")
            include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if include:
                self.check_include(name, number, include.group(2))
            for pattern, folders, cure, exempt in BANNED:
                if name.split("/")[0] in folders and re.search(pattern, line) \
                        and not any(name.startswith(one) for one in exempt):
                    self.add(name, number, "banned: " + line.strip()[:60], cure)
        if path.suffix in (".cpp", ".hpp", ".c") and not name.startswith("tests/"):
            self.check_functions(name, lines)

    def layer_of(self, name):
        fitting = [layer for layer in LAYERS if name.startswith(layer + "/")]
        return max(fitting, key=len) if fitting else None

    def check_include(self, name, number, header):
        layer = self.layer_of(name)
        prefix = next((one for one in PREFIXES if header.startswith(one)), None)
        if layer and prefix:
            allowed = LAYERS[layer] + [layer]
            fits = any(header.startswith(one + "/") for one in allowed)
            if not fits:
                self.add(name, number, f"{layer} may not include {header}", "move the code to the layer that may")
        for pattern, owners in OWNERS.items():
            if re.search(pattern, header) and layer and not any(name.startswith(one + "/") for one in owners):
                self.add(name, number, f"{header} belongs to {', '.join(owners)}", "use that folder's interface")
        is_pure = name in PURE_FILES or any(name.startswith(one + "/") for one in PURE)
        if is_pure and re.search(IMPURE, header):
            self.add(name, number, f"pure code may not include {header}", "take the value as an argument")

    def check_functions(self, name, lines):
        """Length of each top-level or member function body, by indentation as clang-format leaves it."""
        start = None
        for number, line in enumerate(lines, 1):
            opens = re.match(r"^( {0,2})(?!namespace|class|struct|enum|union|extern|using|typedef|#|//)\S.*\{\s*$", line)
            if start is None and opens and "(" in line + "".join(lines[max(0, number - 4):number - 1]) \
                    and not re.search(r"=\s*\{\s*$|\{\{\s*$", line):
                start = (number, opens.group(1))
            elif start and re.match(rf"^{start[1]}\}}", line):
                if number - start[0] + 1 > FUNCTION_LINES_MAX:
                    self.add(name, start[0], f"expected functions of at most {FUNCTION_LINES_MAX} lines, but this one "
                             f"has {number - start[0] + 1}", "give its steps names")
                start = None

    def check_event_types(self):
        """The process exists in YAML only: runtime code names no canonical event type."""
        types = [path.stem for path in (self.root / "schemas/events").glob("*.json")]
        stems = {kind.rsplit(".v", 1)[0] for kind in types}
        for path in sorted((self.root / "runtime").rglob("*.?pp")):
            text = path.read_text(encoding="utf-8")
            for stem in stems:
                at = text.find(f'"{stem}.v')
                if at >= 0:
                    number = text.count("\n", 0, at) + 1
                    self.add(path.relative_to(self.root).as_posix(), number, f"the event type {stem} stands in code",
                             "let the configuration name it")

    def check_silhouettes(self):
        wanted = ["CMakeLists.txt", "README.md", "connector.json", "config.schema.json", "plugin.cpp", "config.hpp",
                  "config.cpp", "client.hpp", "client.cpp", "faults.hpp", "faults.cpp", "mappings"]
        for plugin in ("salesforce", "erp", "billing", "entitlement", "http"):
            folder = self.root / "plugins" / plugin
            for part in wanted:
                if folder.exists() and not (folder / part).exists():
                    self.add(f"plugins/{plugin}", 1, f"expected {part}", "all connectors have the same silhouette")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    violations = Checker(root).run()
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
