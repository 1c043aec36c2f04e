#!/usr/bin/env python3
"""etcd's lock and election services: whoever waits comes in turn, also when the one before dies, goes, or the leader of the cluster is killed.

    queues.py CONCLAVED
"""
import base64
import http.client
import json
import queue
import sys
import threading
import time
import urllib.error

from cluster import Cluster
from transcripts import Stream

PATIENCE = 20


def b64(text):
    return base64.b64encode(text.encode()).decode()


def plain(text):
    return base64.b64decode(text).decode()


def refused(cluster, path, body):
    try:
        cluster.call(0, path, body)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["message"]
    raise AssertionError(f"{path} was not refused")


def lease(cluster, ttl=60):
    return cluster.call(0, "/v3/lease/grant", {"TTL": ttl})["ID"]


class Later:
    """A call whose answer is awaited; going away cuts its connection."""

    def __init__(self, cluster, i, path, body):
        self.connection = http.client.HTTPConnection("127.0.0.1", cluster.http_ports[i], timeout=60)
        self.connection.request("POST", path, json.dumps(body))
        self.answers = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            answer = self.connection.getresponse()
            self.answers.put((answer.status, json.load(answer)))
        except (OSError, ValueError, AttributeError, http.client.HTTPException) as gone:
            self.answers.put((0, repr(gone)))

    def get(self):
        status, body = self.answers.get(timeout=PATIENCE)
        assert status == 200, (status, body)
        return body

    def waits(self):
        return self.answers.empty()

    def go(self):
        self.connection.sock.shutdown(2)


def keys(cluster, prefix):
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return [plain(kv["key"]) for kv in cluster.call(0, "/v3/kv/range", {"key": b64(prefix), "range_end": b64(end)}).get("kvs", [])]


def until(count, cluster, prefix):
    """So many have put their keys."""
    deadline = time.monotonic() + PATIENCE
    while len(keys(cluster, prefix)) != count:
        assert time.monotonic() < deadline, keys(cluster, prefix)
        time.sleep(0.02)


def locks(cluster):
    first, second, third, fourth = (lease(cluster) for _ in range(4))
    held = cluster.call(0, "/v3/lock/lock", {"name": b64("door"), "lease": first})
    assert plain(held["key"]) == f"door/{int(first):x}", held
    assert cluster.call(1, "/v3/lock/lock", {"name": b64("door"), "lease": first})["key"] == held["key"], "the same lease holds the same lock"
    waiting = []
    for number, owner in enumerate((second, third, fourth)):
        waiting.append(Later(cluster, number % 3, "/v3/lock/lock", {"name": b64("door"), "lease": owner}))
        until(2 + number, cluster, "door/")
    # Whoever goes gives up the place; the next in turn is not woken for that.
    waiting[1].go()
    until(3, cluster, "door/")
    assert waiting[0].waits() and waiting[2].waits()
    cluster.call(2, "/v3/lock/unlock", {"key": held["key"]})
    held = waiting[0].get()
    assert plain(held["key"]) == f"door/{int(second):x}" and waiting[2].waits()
    # A holder whose lease ends has lost the lock.
    cluster.call(0, "/v3/lease/revoke", {"ID": second})
    assert plain(waiting[2].get()["key"]) == f"door/{int(fourth):x}"
    # Without a lease one is made, which lasts a minute.
    own = cluster.call(0, "/v3/lock/lock", {"name": b64("shed")})
    number = int(plain(own["key"]).removeprefix("shed/"), 16)
    assert 55 <= int(cluster.call(0, "/v3/lease/timetolive", {"ID": str(number)})["TTL"]) <= 60
    # A place that is taken away before its turn.
    late = Later(cluster, 0, "/v3/lock/lock", {"name": b64("shed"), "lease": first})
    until(2, cluster, "shed/")
    cluster.call(0, "/v3/kv/deleterange", {"key": b64(f"shed/{int(first):x}")})
    assert late.answers.get(timeout=PATIENCE) == (500, {"error": "mutex: session is expired", "message": "mutex: session is expired", "code": 2})
    assert refused(cluster, "/v3/lock/lock", {"name": b64("door"), "lease": "12345"}) == (404, "etcdserver: requested lease not found")
    assert refused(cluster, "/v3/lock/unlock", {}) == (400, "etcdserver: key is not provided")


def elections(cluster):
    one, two = lease(cluster), lease(cluster)
    assert refused(cluster, "/v3/election/leader", {"name": b64("boss")}) == (500, "election: no leader")
    follows = Stream(cluster.http_ports[1], "/v3/election/observe")
    follows.send(b'{"name":"%s"}' % b64("boss").encode())
    won = cluster.call(0, "/v3/election/campaign", {"name": b64("boss"), "lease": one, "value": b64("a")})["leader"]
    assert (plain(won["name"]), plain(won["key"]), won["lease"]) == ("boss", f"boss/{int(one):x}", one), won
    told = []

    def hear(count):
        while len(told) < count:
            told.extend(plain(json.loads(line)["result"]["kv"]["value"]) for line in follows.read(1).split("\n") if line.startswith('{"result"'))
    hear(1)
    waits = Later(cluster, 2, "/v3/election/campaign", {"name": b64("boss"), "lease": two, "value": b64("b")})
    until(2, cluster, "boss/")
    kv = cluster.call(1, "/v3/election/leader", {"name": b64("boss")})["kv"]
    assert (plain(kv["value"]), kv["create_revision"]) == ("a", won["rev"])
    for value in ("a2", "a3"):
        cluster.call(0, "/v3/election/proclaim", {"leader": won, "value": b64(value)})
    assert waits.waits()
    cluster.call(0, "/v3/election/resign", {"leader": won})
    assert refused(cluster, "/v3/election/proclaim", {"leader": won, "value": b64("x")}) == (500, "election: not leader")
    cluster.call(0, "/v3/election/resign", {"leader": won})
    assert refused(cluster, "/v3/election/proclaim", {"value": b64("x")})[0] == 400
    assert waits.get()["leader"]["lease"] == two
    hear(4)
    assert told == ["a", "a2", "a3", "b"], told


def through_a_leader_change(cluster):
    first, second = lease(cluster), lease(cluster)
    leader = cluster.await_leader()
    through = (leader + 1) % 3
    held = cluster.call(through, "/v3/lock/lock", {"name": b64("gate"), "lease": first})
    waits = Later(cluster, through, "/v3/lock/lock", {"name": b64("gate"), "lease": second})
    until(2, cluster, "gate/")
    cluster.kill(leader)
    cluster.await_leader()
    assert waits.waits()
    cluster.call(through, "/v3/lock/unlock", {"key": held["key"]}, timeout=20)
    assert plain(waits.get()["key"]) == f"gate/{int(second):x}"


def main(arguments):
    with Cluster(arguments[0]) as cluster:
        locks(cluster)
        elections(cluster)
        through_a_leader_change(cluster)
    print("locks and elections went from hand to hand")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
