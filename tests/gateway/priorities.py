#!/usr/bin/env python3
"""What the system knows of a member's threads: who decides and flushes comes before who writes the state; with --realtime the loop and
the log have a real-time priority and nothing else has, or the member says why it may not.

    priorities.py CONCLAVED
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from cluster import Cluster

ROUND_ROBIN = os.SCHED_RR | os.SCHED_RESET_ON_FORK, 0
SHORT_TURNS = os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, 0
ORDINARY = os.SCHED_OTHER, 0
GIVES_WAY = os.SCHED_BATCH, 10


def may():
    """Whether this process may take such a priority, and so whether members can."""
    child = os.fork()
    if child == 0:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def asked_for(thread):
    return os.sched_getscheduler(thread), os.getpriority(os.PRIO_PROCESS, thread) - os.getpriority(os.PRIO_PROCESS, 0)


def threads(pid):
    """What each asked for, by name. The loop's thread has the program's name, and so have threads of libraries."""
    found = {"loop": {asked_for(pid)}}
    for thread in os.listdir(f"/proc/{pid}/task"):
        if int(thread) != pid:
            name = pathlib.Path(f"/proc/{pid}/task/{thread}/comm").read_text(encoding="utf-8").strip()
            found.setdefault(name, set()).add(asked_for(int(thread)))
    return found


def check_threads(conclaved, flags, first):
    with Cluster(conclaved, flags=flags) as cluster:
        cluster.call(0, "/v3/kv/put", {"key": "YQ==", "value": "YQ=="})
        for process in cluster.processes:
            assert threads(process.pid) == {
                "loop": {first},
                "log": {first},
                "log reader": {ORDINARY},
                "http": {(os.SCHED_OTHER, 10)},
                "state": {GIVES_WAY},
                os.path.basename(conclaved)[:15]: {GIVES_WAY},  # WiredTiger's
            }, threads(process.pid)


def check_refusal(conclaved):
    """Without the capability and without a limit that allows it; who is root gives both up."""
    with tempfile.TemporaryDirectory(prefix="conclave-priorities-") as directory:
        command = [conclaved, "--data-dir", directory + "/data", "--listen-client", "127.0.0.1:0", "--listen-peer", "127.0.0.1:0", "--realtime"]
        if os.geteuid() == 0:
            command = ["setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice", *command]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0)))
        assert ran.returncode == 1 and "--realtime: Operation not permitted" in ran.stderr and "LimitRTPRIO=1" in ran.stderr, ran
        assert not os.path.exists(directory + "/data"), "a member that refuses to start left something behind"


def main(arguments):
    conclaved = os.path.abspath(arguments[0])
    check_refusal(conclaved)
    check_threads(conclaved, [], SHORT_TURNS)
    if not may():
        print("this system gives no real-time priority: only the refusal was checked")
        return 0
    check_threads(conclaved, ["--realtime"], ROUND_ROBIN)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
