#!/usr/bin/env python3
"""A watch over HTTP that does not read holds up nobody, costs bounded memory and, when it reads again, has lost nothing.

    slow_watcher.py CONCLAVED
"""
import base64
import http.client
import json
import sys

from cluster import Cluster
from transcripts import Stream

WRITES = 2500
VALUE = base64.b64encode(b"v" * 12_000).decode()
MEMORY_MAX = 12 << 20  # what a member with such a watch may take beyond what another one takes


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


def main(arguments):
    with Cluster(arguments[0]) as cluster:
        member = 0
        stream = Stream(cluster.http_ports[member], "/v3/watch")
        stream.send(b'{"create_request":{"key":"%s"}}' % base64.b64encode(b"slow"))
        created = json.loads(stream.read(1).split("\n", 1)[1])
        assert created["result"]["created"], created
        before = [resident(process.pid) for process in cluster.processes]
        connection = http.client.HTTPConnection("127.0.0.1", cluster.http_ports[1], timeout=20)
        body = json.dumps({"key": base64.b64encode(b"slow").decode(), "value": VALUE})
        for _ in range(WRITES):
            connection.request("POST", "/v3/kv/put", body)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            last = int(json.loads(answer.read())["header"]["revision"])
        grown = [resident(process.pid) - was for process, was in zip(cluster.processes, before)]
        assert grown[member] < max(grown[1:]) + MEMORY_MAX, f"the members grew by {grown} bytes"
        first = last - WRITES + 1
        expected = first
        while expected <= last:
            for event in json.loads(stream.read(1))["result"]["events"]:
                assert int(event["kv"]["mod_revision"]) == expected, (event["kv"]["mod_revision"], expected)
                expected += 1
        print(f"{WRITES} events of {WRITES * 12_000 >> 20} MiB came in order; the members grew by {[n >> 20 for n in grown]} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
