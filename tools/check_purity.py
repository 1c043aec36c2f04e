#!/usr/bin/env python3
"""Reads the archives of the pure layers: none may name a clock, random device, thread, lock, file, socket or the environment.

    check_purity.py base=build/libconclave_base.a raft=...     checks archives
    check_purity.py --self-test                                checks the checker

What an archive leaves undefined is what it asks of the rest of the world. A header that is only included does not show here; that is
what check_tree.py is for.
"""
import re
import subprocess
import sys

# Each pattern must match a whole demangled name (of a C function without its parameters).
FORBIDDEN = {
    "a clock": [r"std::chrono::_V2::\w+_clock::now\(\)", r"clock_(get|set)\w+", r"gettimeofday", r"time", r"(local|gm)time(_r)?",
                r"ftime", r"times", r"clock", r"std::chrono::\w+_clock::now\(\)"],
    "randomness": [r"std::random_device::.*", r"s?rand(_r|om|om_r)?", r"[deljmn]rand48(_r)?", r"getrandom", r"getentropy",
                   r"arc4random\w*", r"absl::\w*::?random_internal::.*", r"RAND_\w+"],
    "a thread or lock": [r"std::(this_thread|thread|jthread|mutex|shared_mutex|condition_variable|__condvar|future|promise|thread_local)\b.*",
                         r"std::__(future_base|atomic_futex\w*|once_call\w*)\b.*", r"pthread_\w+", r"thrd_\w+", r"mtx_\w+", r"sem_\w+", r"futex\w*",
                         r"__atomic_\w+", r"fork", r"vfork", r"posix_spawnp?", r"exec[lv]\w*", r"system", r"popen"],
    "sleep": [r"nanosleep", r"clock_nanosleep", r"u?sleep", r"poll", r"ppoll", r"p?select", r"epoll_\w+"],
    "a file or socket": [r"(f|fd|free|re)?open(64|at|at64|dir)?", r"creat(64)?", r"p?(read|write)v?(64)?", r"close(dir)?", r"f(data)?sync",
                         r"fs?(read|scanf|gets|getc)", r"unlink(at)?", r"rename(at2?)?", r"mkdir(at)?", r"(f|l)?stat(64|at|vfs)?", r"mmap(64)?",
                         r"socket(pair)?", r"connect", r"bind", r"listen", r"accept4?", r"send(to|msg|mmsg)?", r"recv(from|msg|mmsg)?",
                         r"getaddrinfo", r"ioctl", r"fcntl(64)?", r"std::(__cxx11::)?basic_[io]?f(stream|ilebuf)\b.*",
                         r"std::filesystem::.*", r"asio::.*", r"WT_\w+", r"__wt_\w+", r"wiredtiger_\w+", r"SSL_\w+"],
    "the environment": [r"(secure_)?getenv", r"setenv", r"putenv", r"environ", r"getpid", r"gethostname", r"uname", r"setlocale",
                        r"std::locale::.*", r"std::(cin|cout|cerr|clog|wcout)"],
    "standard output": [r"v?f?printf", r"f?puts", r"f?putc(har)?", r"fwrite", r"stdout", r"stderr", r"stdin"],
}
# The one place that may speak before it dies: base/src/assert.cpp.
ALLOWED_OBJECTS = {"standard output": {("base", "assert.cpp.o")}}

RULES = [(what, re.compile(pattern)) for what, patterns in FORBIDDEN.items() for pattern in patterns]


def offences(layer, listing):
    """Lines of `nm -uC` on an archive -> descriptions of what must not be there."""
    found = []
    member = "?"
    for line in listing.splitlines():
        header = re.fullmatch(r"(\S+\.o):", line)
        if header:
            member = header.group(1)
            continue
        symbol = re.fullmatch(r"\s+[UwvV]\s+(.+)", line)
        if not symbol:
            continue
        name = symbol.group(1)
        for what, pattern in RULES:
            # "name@GLIBC_2.2" and the fortified "__name_chk" count as "name".
            bare = re.sub(r"@.*$", "", name)
            bare = re.sub(r"^__(\w+)_chk$", r"\1", bare)
            if pattern.fullmatch(bare) and (layer, member) not in ALLOWED_OBJECTS.get(what, set()):
                found.append(f"{layer}: {member} names {what}: {name}")
    return found


def self_test():
    listing = """
core.cpp.o:
                 U std::chrono::_V2::steady_clock::now()
                 U std::random_device::_M_getval()
                 U pthread_create@GLIBC_2.34
                 U __read_chk
                 U stderr
                 U memcpy
                 U conclave::raft::Core::time()
                 U conclave::raft::open(int)
                 U std::__throw_length_error(char const*)

assert.cpp.o:
                 U stderr
                 U fprintf
"""
    names = [line.split(": ")[-1] for line in offences("base", listing)]
    expected = ["std::chrono::_V2::steady_clock::now()", "std::random_device::_M_getval()", "pthread_create@GLIBC_2.34", "__read_chk",
                "stderr"]
    assert names == expected, names
    assert len(offences("raft", listing)) == 7, offences("raft", listing)


def main(arguments):
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if not arguments:
        print(__doc__)
        return 2
    found = []
    for argument in arguments:
        layer, _, archive = argument.partition("=")
        listing = subprocess.run(["nm", "-uC", archive], capture_output=True, text=True, check=False)
        if listing.returncode != 0:
            found.append(f"{layer}: not built: {listing.stderr.strip()}")
        found += offences(layer, listing.stdout)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
