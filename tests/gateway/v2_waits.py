#!/usr/bin/env python3
"""Waits of v2 share one watch of the member, and nobody can tell: from any index, behind what is kept, in streams whose client sleeps, one behind the
other on a connection, each hears of every change after its index, once and in order.

    v2_waits.py CONCLAVED
"""
import http.client
import json
import sys
import time

from cluster import Cluster
from many_waiters import Reader, connect, put, read_until
from slow_watcher import resident

KEPT = 1000  # changes that a member remembers for who comes back
SLEEPERS = 20
VALUE = "v" * 2000
MEMORY_MAX = 24 << 20


def wait(port, path, index=None, more=""):
    at = "" if index is None else f"&waitIndex={index}"
    return Reader(connect(port, f"GET /v2/keys/{path}?wait=true{at}{more} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))


def begun(reader):
    return reader.head.endswith(b"\r\n\r\n")


def values(reader):
    return [line["node"]["value"] for line in reader.lines]


def write_all(port, path, numbers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    indexes = []
    for number in numbers:
        connection.request("PUT", f"/v2/keys/{path}", f"value={number}-{VALUE}", {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        indexes.append(json.loads(answer.read())["node"]["modifiedIndex"])
    connection.close()
    return indexes


def from_every_index(port):
    """Also from before what is kept, which the member reads from its history."""
    first = wait(port, "from")  # the shared watch begins
    read_until([first], begun)
    indexes = write_all(port, "from", range(KEPT + 300))
    asked = list(range(0, len(indexes), 97)) + [len(indexes) - 1]
    polls = [wait(port, "from", indexes[i]) for i in asked]
    read_until(polls + [first], lambda reader: reader.lines)
    for i, poll in zip(asked, polls):
        assert [line["node"]["modifiedIndex"] for line in poll.lines] == [indexes[i]], (i, poll.lines)
    # A stream that begins behind what is kept goes on with what comes.
    stream = wait(port, "from", indexes[10], "&stream=true")
    read_until([stream], lambda reader: len(reader.lines) == len(indexes) - 10)
    indexes += write_all(port, "from", [-1, -2])
    read_until([stream], lambda reader: len(reader.lines) == len(indexes) - 10)
    assert [line["node"]["modifiedIndex"] for line in stream.lines] == indexes[10:]


def only_what_comes(port):
    """Without an index a change that was answered before is no news."""
    for number in range(50):
        put(port, "news", f"old{number}")
        poll = wait(port, "news")
        read_until([poll], begun)
        put(port, "news", f"new{number}")
        read_until([poll], lambda reader: reader.lines)
        assert values(poll) == [f"new{number}"], values(poll)
        poll.socket.close()


def one_behind_the_other(port):
    """Requests that are sent before the answer to the one before."""
    index = put(port, "row", "0")
    request = b"".join(b"GET /v2/keys/row?wait=true&waitIndex=%d HTTP/1.1\r\nHost: x\r\n\r\n" % (index + 1 + i) for i in range(3))
    connection = connect(port, request)
    for number in range(3):
        assert put(port, "row", f"{number}") == index + 1 + number
    seen = b""
    while seen.count(b"\r\n0\r\n\r\n") < 3:
        piece = connection.recv(65536)
        assert piece
        seen += piece
    found = [json.loads(line)["node"]["modifiedIndex"] for line in seen.split(b"\r\n") if line.startswith(b"{")]
    assert found == [index + 1, index + 2, index + 3], found


def sleepers(cluster, member):
    """Who does not read costs bounded memory and, when it reads again, has lost nothing."""
    port, process = cluster.http_ports[member], cluster.processes[member]
    streams = [wait(port, "sleep", more="&stream=true") for _ in range(SLEEPERS)]
    read_until(streams, begun)
    before = resident(process.pid)
    count = 2500
    write_all(port, "sleep", range(count))
    grown = resident(process.pid) - before
    read_until(streams, lambda reader: len(reader.lines) == count)
    for stream in streams:
        assert [int(value.split("-")[0]) for value in values(stream)] == list(range(count))
    return grown


def main(arguments):
    with Cluster(arguments[0]) as cluster:
        started = time.monotonic()
        from_every_index(cluster.http_ports[0])
        only_what_comes(cluster.http_ports[1])
        one_behind_the_other(cluster.http_ports[2])
        grown = sleepers(cluster, 1)
        unread = 2500 * len(VALUE) * SLEEPERS
        assert grown < MEMORY_MAX + unread // 4, f"the member grew by {grown} bytes"
        print(f"{SLEEPERS} clients that slept left {unread >> 20} MiB unread, the member grew by {grown >> 20} MiB; {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
