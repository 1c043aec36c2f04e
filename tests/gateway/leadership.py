#!/usr/bin/env python3
"""Leadership moves by request, to the member that is named; a member that does not lead, or a target that is none, is told so. While the
leader is killed over and over, every write that was acknowledged is there.

    leadership.py CONCLAVED
"""
import base64
import json
import sys
import time
import urllib.error

from cluster import Cluster


def refused(cluster, i, body):
    try:
        cluster.call(i, "/v3/maintenance/transfer-leadership", body)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["message"]
    raise AssertionError("it was not refused")


def text(number):
    return base64.b64encode(f"k{number:06}".encode()).decode()


def main(arguments):
    with Cluster(arguments[0]) as cluster:
        leader = cluster.await_leader()
        target = (leader + 1) % 3
        ids = [cluster.status(i)["header"]["member_id"] for i in range(3)]
        assert refused(cluster, target, {"targetID": ids[target]}) == (400, "etcdserver: not leader")
        assert refused(cluster, leader, {"targetID": "12345"}) == (400, "etcdserver: bad leader transferee")
        cluster.call(leader, "/v3/maintenance/transfer-leadership", {"targetID": ids[target]})
        until = time.monotonic() + 20
        while cluster.leader() != target:
            assert time.monotonic() < until, "the leadership did not move"
            time.sleep(0.05)
        acknowledged = []
        number = 0
        for _ in range(3):
            leader = cluster.await_leader()
            writer = (leader + 1) % 3
            cluster.kill(leader)
            unknown = 0
            for _ in range(40):
                number += 1
                try:
                    cluster.call(writer, "/v3/kv/put", {"key": text(number), "value": text(number)}, timeout=20)
                    acknowledged.append(text(number))
                except urllib.error.HTTPError as error:
                    assert error.code == 503, error
                    unknown += 1
            assert unknown < 40, "no write came through after the leader was killed"
            cluster.start(leader)
            cluster.await_ready()
        kvs = cluster.call(0, "/v3/kv/range", {"key": "AA==", "range_end": "AA=="})["kvs"]
        lost = set(acknowledged) - {kv["key"] for kv in kvs}
        assert not lost, f"{len(lost)} acknowledged writes are gone"
        print(f"{len(acknowledged)} of {number} writes were acknowledged and are there")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
