#!/usr/bin/env python3
"""Where a process may have few files open, HTTP connections, however many and however rude, starve neither the members nor the clients of the
binary protocol; and a member takes as many as it may.

    few_descriptors.py CONCLAVED
"""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

from cluster import Cluster

SOFT, HARD = 100, 200
RUDE = 300  # connections to each member: more than it may have files open


def limited(directory, conclaved):
    """A conclaved that starts with these limits."""
    program = pathlib.Path(directory) / "conclaved"
    program.write_text(f'#!/bin/sh\nulimit -S -n {SOFT} && ulimit -H -n {HARD} && exec "{conclaved}" "$@"\n')
    program.chmod(0o755)
    return str(program)


def ctl(conclaved, cluster, *words):
    endpoints = ",".join(f"127.0.0.1:{port}" for port in cluster.client_ports)
    ran = subprocess.run([os.path.join(os.path.dirname(conclaved), "conclavectl"), "--endpoints", endpoints, "--timeout", "10s", *words],
                         capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran
    return ran.stdout


def main(arguments):
    conclaved = os.path.abspath(arguments[0])
    with tempfile.TemporaryDirectory(prefix="conclave-few-") as directory, Cluster(limited(directory, conclaved)) as cluster:
        for name in cluster.names:
            log = pathlib.Path(cluster.directory, name + ".log").read_text(encoding="utf-8")
            assert f"files and sockets limit={HARD} was={SOFT}" in log, log
        held = []
        for port in cluster.http_ports:
            for number in range(RUDE):
                one = socket.socket()
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
                held.append(one)
                if number % 2:
                    try:
                        one.send(b"POST /v3/kv/put HTTP/1.1\r\nHost: x\r\nContent-Le")
                    except OSError:
                        pass  # it was turned away
        ctl(conclaved, cluster, "put", "a", "1")
        victim = next(i for i in range(3) if cluster.names[i] in ctl(conclaved, cluster, "status"))
        cluster.kill(victim)
        cluster.start(victim)
        for number in range(20):
            ctl(conclaved, cluster, "put", f"k{number}", "1")
        # The one that was started anew has reached its peers: it answers what only a member with a leader can.
        own = f"127.0.0.1:{cluster.client_ports[victim]}"
        until_there = subprocess.run([os.path.join(os.path.dirname(conclaved), "conclavectl"), "--endpoints", own, "--timeout", "20s", "get", "k19"],
                                     capture_output=True, text=True, timeout=30, check=False)
        assert until_there.returncode == 0, until_there
        for process in cluster.processes:
            assert len(os.listdir(f"/proc/{process.pid}/fd")) < HARD
        for one in held:
            one.close()
        cluster.await_ready()
        print(f"with {RUDE} connections to each of three members that may have {HARD} files open, puts and a member's return went on")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
