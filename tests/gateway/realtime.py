#!/usr/bin/env python3
"""conclaved --realtime: the loop and the log have a real-time priority and nothing else has, or the member says why it may not.

    realtime.py CONCLAVED
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from cluster import Cluster

ROUND_ROBIN = os.SCHED_RR | os.SCHED_RESET_ON_FORK


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


def policies(pid):
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        name = pathlib.Path(f"/proc/{pid}/task/{thread}/comm").read_text(encoding="utf-8").strip()
        found.setdefault(name, set()).add(os.sched_getscheduler(int(thread)))
    return found


def check_threads(conclaved):
    with Cluster(conclaved, flags=["--realtime"]) as cluster:
        cluster.call(0, "/v3/kv/put", {"key": "YQ==", "value": "YQ=="})
        for process in cluster.processes:
            found = policies(process.pid)
            assert found.pop("log") == {ROUND_ROBIN}, found
            main = found.pop(os.path.basename(conclaved)[:15])  # the loop, and threads of libraries that have no name of their own
            assert os.sched_getscheduler(process.pid) == ROUND_ROBIN and main == {ROUND_ROBIN, os.SCHED_OTHER}, (main, found)
            assert {"http", "state", "log reader"} <= found.keys(), found
            assert all(how == {os.SCHED_OTHER} for how in found.values()), found


def check_refusal(conclaved):
    """Without the capability and without a limit that allows it; who is root gives both up."""
    with tempfile.TemporaryDirectory(prefix="conclave-realtime-") as directory:
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
    if not may():
        print("this system gives no real-time priority: only the refusal was checked")
        return 0
    check_threads(conclaved)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
