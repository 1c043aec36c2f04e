#!/usr/bin/env python3
"""Checks the sources against the laws of the house that neither compiler nor linker sees.

    check_tree.py [ROOT]           prints each offence as FILE:LINE: what; exit status 1 if there is any
    check_tree.py --lower [ROOT]   the same, and writes the present sizes into tools/size_ratchet.txt where they are smaller
    check_tree.py --self-test      checks the checker

The laws:
1. Includes: a layer includes only itself and the layers cmake/layers.txt lists for it, and outside libraries only where they belong
   (OUTSIDE below). What is pure includes nothing that reaches a clock, a thread, a file or the environment.
2. Clients, recipes, examples and tools include nothing of the server.
3. An open point (TODO, FIXME and the like) names its issue: TODO(12).
4. A file has at most 400 lines, or is in tools/size_ratchet.txt with a size that it may not exceed; entries only shrink.
"""
import os
import pathlib
import re
import sys

LINES_MAX = 400
RATCHET = "tools/size_ratchet.txt"

# Directory -> layer, the longest match counts.
LAYERS = {
    "base": "base", "protocol": "protocol", "http": "http", "http/core": "http_core", "server/raft": "raft", "server/mvcc": "mvcc", "server/engine": "engine",
    "server/codec": "codec", "server/http": "gateway", "server/http/core": "gateway_core",
     "server/storage": "storage", "server/transport": "transport", "server/telemetry": "telemetry", "server/dashboard": "dashboard", "server/app": "app",
    "clients/cpp": "client", "clients/cpp/core": "session_core", "clients/c": "client_c", "recipes": "recipes",
    "recipes/core": "recipes_core", "examples/scheduler/core": "scheduler_core",
    "examples/scheduler/api": "scheduler_http", "examples/scheduler/api/core": "scheduler_api",
    "examples": "examples", "examples/locksmith/core": "locksmith_core", "examples/locksmith/fleet": "locksmith_fleet",
    "examples/locksmith/groups": "locksmith_groups", "tools": "tools", "tests": "tests", "bench": "bench",
}
PURE = {"base", "http_core", "raft", "mvcc", "engine", "codec", "session_core", "gateway_core", "scheduler_core", "scheduler_api"}
SERVER = {"raft", "mvcc", "engine", "codec", "storage", "transport", "telemetry", "dashboard", "app", "gateway", "gateway_core"}
LOCKSMITH = {"locksmith_core", "locksmith_fleet", "locksmith_groups"}
OUTSIDE_THE_SERVER = {"protocol", "session_core", "client", "client_c", "recipes_core", "recipes", "scheduler_api", "scheduler_http", "examples", "tools"} | LOCKSMITH
OWNER = {"client": "session_core"}  # whose headers a folder below include/conclave holds, where it is not its namesake's
FREE = {"tests", "bench"}  # may include what they test; the linker decides

# Pattern of an include -> layers that may have it.
OUTSIDE = [
    (r"asio(\.hpp|/.*)", {"transport", "http", "gateway", "client", "recipes", "scheduler_http", "examples", "tools", "app"}),
    (r"boost/.*", set()),
    (r"openssl/.*", {"transport", "http", "client", "app"}),
    (r"wiredtiger(_ext)?\.h", {"storage"}),
    (r"flatbuffers/.*|.*_generated\.h", {"protocol", "codec", "client", "session_core"}),
    (r"catch2/.*", set()),
    (r"(fmt|spdlog|CLI|toml\+\+|nlohmann)/.*", {"app", "tools", "transport", "storage", "client", "recipes", "recipes_core", "scheduler_core", "scheduler_api", "examples", "gateway_core"} | LOCKSMITH),
]
IMPURE_HEADERS = {
    "thread", "mutex", "shared_mutex", "condition_variable", "atomic", "stdatomic.h", "future", "stop_token", "semaphore", "latch", "barrier",
    "fstream", "iostream", "filesystem", "random", "locale", "clocale", "locale.h", "ctime", "time.h", "csignal", "signal.h", "unistd.h",
    "fcntl.h", "poll.h", "pthread.h", "sched.h", "dlfcn.h", "netdb.h", "cstdio", "stdio.h", "coroutine",
}
IMPURE_DIRECTORIES = ("sys/", "netinet/", "arpa/", "linux/", "absl/time/", "absl/random/", "absl/synchronization/", "absl/debugging/")
MAY_INCLUDE = {("base/src/assert.cpp", "cstdio")}  # speaks before it dies

IMPURE_WORDS = [
    (r"\bthread_local\b", "thread_local"),
    (r"\bstd::(steady_clock|system_clock|chrono::(steady|system|high_resolution)_clock)\b", "a clock"),
    (r"\bstd::(shuffle|sample|uniform_\w+_distribution|default_random_engine|mt19937\w*|random_device)\b", "std randomness: use Prng"),
    (r"\b(std::)?getenv\s*\(", "the environment"),
    (r"\bstd::atomic\w*\b", "an atomic"),
]
OPEN_POINT = re.compile(r"\b(TODO|FIXME|XXX|HACK|TBD)\b(?!\(#?\d+\))")
INCLUDE = re.compile(r'\s*#\s*include\s*[<"]([^>"]+)[>"]')
CODE = (".cpp", ".hpp", ".c", ".h")
TEXT = CODE + (".py", ".fbs", ".cmake", ".sh")


def layer_of(path):
    parts = path.split("/")
    for length in range(len(parts) - 1, 0, -1):
        layer = LAYERS.get("/".join(parts[:length]))
        if layer:
            return layer
    return None


def parse_edges(text):
    edges = {}
    for line in text.splitlines():
        match = re.fullmatch(r"([a-z_]+):(.*)", line)
        if match:
            edges[match.group(1)] = set(match.group(2).split())
    return edges


def include_offence(path, layer, target, edges):
    if layer in FREE or layer is None:
        return None
    own = re.match(r"conclave/([a-z_]+)/", target)
    if own and own.group(1) in SERVER and layer in OUTSIDE_THE_SERVER:
        return f"{target}: nothing outside the server includes it"
    owner = own and OWNER.get(own.group(1), own.group(1))
    if owner in edges and layer in edges and owner != layer and owner not in edges[layer]:
        return f"{target}: cmake/layers.txt does not list {layer} -> {owner}"
    for pattern, allowed in OUTSIDE:
        if re.fullmatch(pattern, target) and layer not in allowed:
            return f"{target}: not in {layer}"
    impure = target in IMPURE_HEADERS or target.startswith(IMPURE_DIRECTORIES)
    if layer in PURE and impure and (path, target) not in MAY_INCLUDE:
        return f"{target}: {layer} is pure"
    return None


def without_comment_and_text(line):
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return re.sub(r"//.*", "", line)


def offences_in(path, text, edges):
    layer = layer_of(path)
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}: "
        if path.endswith(CODE):
            include = INCLUDE.match(line)
            offence = include and include_offence(path, layer, include.group(1), edges)
            if offence:
                found.append(where + offence)
            if layer in PURE and not include:
                found += [where + f"{what}: {layer} is pure" for pattern, what in IMPURE_WORDS
                          if re.search(pattern, without_comment_and_text(line))]
        if OPEN_POINT.search(line) and path != "tools/check_tree.py":
            found.append(where + "an open point without the number of its issue")
    return found


def parse_ratchet(text):
    sizes = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            path, size = line.rsplit(None, 1)
            sizes[path] = int(size)
    return sizes


def size_offences(sizes, ratchet):
    found = []
    for path, size in sorted(sizes.items()):
        limit = ratchet.get(path, LINES_MAX)
        if size > limit:
            found.append(f"{path}: {size} lines; at most {limit}")
    for path in sorted(ratchet):
        if sizes.get(path, 0) <= LINES_MAX:
            found.append(f"{RATCHET}: {path} needs no entry any more")
    return found


def files_of(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in ("build", "testdata"))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if name.endswith(TEXT) or name == "CMakeLists.txt":
                yield path


def check(root, lower):
    edges = parse_edges((root / "cmake/layers.txt").read_text())
    ratchet_file = root / RATCHET
    ratchet = parse_ratchet(ratchet_file.read_text()) if ratchet_file.exists() else {}
    found, sizes = [], {}
    for path in files_of(root):
        text = (root / path).read_text()
        sizes[path] = text.count("\n")
        found += offences_in(path, text, edges)
    if lower:
        ratchet = {path: min(limit, sizes[path]) for path, limit in ratchet.items() if sizes.get(path, 0) > LINES_MAX}
        head = f"# Files above {LINES_MAX} lines, with the size that each may not exceed. Entries only shrink.\n"
        ratchet_file.write_text(head + "".join(f"{path} {limit}\n" for path, limit in sorted(ratchet.items())))
    return found + size_offences(sizes, ratchet)


def self_test():
    edges = parse_edges("# a comment\nbase:\nraft: base\nmvcc: base\nsession_core: base\nclient: base protocol session_core\n")

    def lines(path, text):
        return [int(line.split(":")[1]) for line in offences_in(path, text, edges)]

    assert lines("server/raft/src/a.cpp", '#include "conclave/base/ids.hpp"\n#include <vector>\n') == []
    assert lines("server/raft/src/a.cpp", '#include "conclave/mvcc/machine.hpp"\n#include <thread>\n# include <asio.hpp>\n') == [1, 2, 3]
    assert lines("server/mvcc/src/a.cpp", "#include <sys/time.h>\nauto t = std::chrono::steady_clock::now();\n") == [1, 2]
    assert lines("server/mvcc/src/a.cpp", "// std::chrono::steady_clock is not read here\n") == []
    assert lines("base/src/assert.cpp", "#include <cstdio>\n") == []
    assert lines("base/src/error.cpp", "#include <cstdio>\n") == [1]
    assert lines("clients/cpp/src/a.cpp", '#include "conclave/raft/core.hpp"\n#include <asio/ip/tcp.hpp>\n') == [1]
    assert lines("clients/cpp/core/src/a.cpp", '#include "conclave/client/types.hpp"\n') == []
    assert lines("clients/cpp/core/src/a.cpp", "#include <asio/ip/tcp.hpp>\n") == [1]
    assert lines("server/storage/src/a.cpp", "#include <wiredtiger.h>\n#include <mutex>\n") == []
    assert lines("server/app/src/a.cpp", "#include <wiredtiger.h>\n") == [1]
    assert lines("tests/raft/a.cpp", "#include <thread>\n") == []
    marker = "TO" + "DO"
    assert lines("server/app/src/a.cpp", f"// {marker}: later\n// {marker}(12): later\n") == [1]
    assert size_offences({"a.cpp": 401, "b.cpp": 400}, {}) == ["a.cpp: 401 lines; at most 400"]
    assert size_offences({"a.cpp": 450}, {"a.cpp": 450}) == []
    assert len(size_offences({"a.cpp": 451}, {"a.cpp": 450})) == 1
    assert len(size_offences({"a.cpp": 300}, {"a.cpp": 450})) == 1
    assert parse_ratchet("# head\na.cpp 450\n") == {"a.cpp": 450}


def main(arguments):
    if "--self-test" in arguments:
        self_test()
        return 0
    paths = [argument for argument in arguments if not argument.startswith("--")]
    root = pathlib.Path(paths[0]) if paths else pathlib.Path(__file__).resolve().parent.parent
    found = check(root, "--lower" in arguments)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
