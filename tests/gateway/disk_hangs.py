#!/usr/bin/env python3
"""The disk of a leader hangs, again and again, in the middle of its writes: another member leads soon, the one whose disk hangs goes on
serving what needs no disk, and when the disk comes back it takes part as before, whichever of its threads had hung.

    disk_hangs.py CONCLAVED HANGING_DISK_LIBRARY
"""
import base64
import os
import statistics
import sys
import tempfile
import threading
import time

from cluster import Cluster

HANGS = 6
HANGS_MAX = 20  # until a loop hung, not only a log's thread
PATIENCE = 30
QUICK = 0.0005  # seconds for a flush: with such a disk a loop flushes by itself, the limit is twice that


def text(number):
    return base64.b64encode(f"k{number}".encode()).decode()


def until(holds, what):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def flush_time(directory):
    """The median of some flushes of a block."""
    times = []
    with open(os.path.join(directory, "probe"), "wb", buffering=0) as file:
        for _ in range(50):
            began = time.monotonic()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - began)
    return statistics.median(times)


class Puts:
    """Writes through one member or another, and what was acknowledged."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.number = 0
        self.acknowledged = []

    def put(self, i):
        self.number += 1
        try:
            self.cluster.call(i, "/v3/kv/put", {"key": text(self.number), "value": text(self.number)}, timeout=20)
        except OSError:  # also what HTTP refuses
            return False
        self.acknowledged.append(text(self.number))
        return True


def lead(cluster, i):
    """Makes the member the leader."""
    def leads():
        leader = cluster.leader()
        if leader not in (None, i):
            try:
                cluster.call(leader, "/v3/maintenance/transfer-leadership", {"targetID": cluster.status(i)["header"]["member_id"]})
            except OSError:
                pass  # asked once more
        return leader == i
    until(leads, "the leadership did not move")


def another_leads(cluster):
    """What member 1 says."""
    try:
        return cluster.status(1).get("leader") not in (None, cluster.status(0)["header"]["member_id"])
    except OSError:
        return False  # asked once more


def hang_once(cluster, puts, hangs):
    lead(cluster, 0)
    for _ in range(20):
        puts.put(0)
    pid = cluster.processes[0].pid
    flag = os.path.join(hangs, str(pid))
    with open(flag, "w", encoding="utf-8"):
        pass
    stuck = threading.Thread(target=puts.cluster.call, args=(0, "/v3/kv/put", {"key": text("stuck"), "value": ""}, 2 * PATIENCE))
    stuck.start()
    try:
        until(lambda: os.path.getsize(flag) > 0, "nothing was flushed")
        until(lambda: another_leads(cluster), "nobody else leads")
        until(lambda: puts.put(1), "no write came through while the disk hung")
        began = time.monotonic()
        for _ in range(20):
            cluster.call(0, "/v3/kv/range", {"key": text(1), "serializable": True}, timeout=5)
        assert time.monotonic() - began < 5, "the member whose disk hangs serves no reads"
        with open(flag, encoding="utf-8") as told:
            return told.read().split("\n")[0]
    finally:
        os.remove(flag)
        stuck.join()


def main(arguments):
    hung = []
    with tempfile.TemporaryDirectory(prefix="conclave-hangs-") as hangs:
        environment = {"LD_PRELOAD": os.path.abspath(arguments[1]), "CONCLAVE_TEST_HANG": hangs,
                       "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
        with Cluster(arguments[0], environment=environment) as cluster:
            puts = Puts(cluster)
            while len(hung) < HANGS or (set(hung) == {"log"} and len(hung) < HANGS_MAX):
                hung.append(hang_once(cluster, puts, hangs))
                until(lambda: puts.put(0), "a disk that came back does not help")
            cluster.settle()
            for i in range(3):
                kvs = cluster.call(i, "/v3/kv/range", {"key": "AA==", "range_end": "AA==", "serializable": True})["kvs"]
                lost = set(puts.acknowledged) - {kv["key"] for kv in kvs}
                assert not lost, f"{len(lost)} acknowledged writes are gone"
            cluster.processes[0].terminate()
            assert cluster.processes[0].wait(PATIENCE) == 0, "a member whose disk hung before does not stop in order"
            takes = flush_time(cluster.directory)
    print(f"hung: {', '.join(hung)}; a flush takes {takes * 1000:.2f} ms")
    assert takes > QUICK or set(hung) != {"log"}, "no loop flushed by itself: what was to be tested did not happen"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
