#!/usr/bin/env python3
"""A thousand long polls and two hundred streams, with a writer: each hears of every change that concerns it, once and in order, and the members'
memory stays bounded. First all on one member, in rounds; then spread over three, while somebody writes without waiting for them.

    many_waiters.py CONCLAVED
"""
import base64
import http.client
import json
import pathlib
import resource
import selectors
import socket
import subprocess
import sys
import time

from cluster import Cluster

# Twelve hundred connections on this side, and as many on the members', which inherit it.
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

POLLS = 1000
STREAMS = 200
ROUNDS = 3
CROWD = pathlib.Path(__file__).resolve().parents[2] / "bench" / "http" / "waiters.py"
CROWD_SECONDS, CROWD_RATE = 5, 10
MEMORY_MAX = 48 << 20  # what a member may grow by while four hundred wait at it and hear of everything


def connect(port, request):
    one = socket.create_connection(("127.0.0.1", port), timeout=20)
    one.sendall(request)
    return one


def lines_of(chunked):
    """The lines in the chunks that have come whole."""
    out = []
    rest = chunked
    while b"\r\n" in rest:
        size, _, after = rest.partition(b"\r\n")
        length = int(size, 16)
        if length == 0 or len(after) < length + 2:
            break
        out.append(json.loads(after[:length]))
        rest = after[length + 2:]
    return out, rest


class Reader:
    def __init__(self, one):
        self.socket = one
        self.head = b""
        self.body = b""
        self.lines = []

    def read(self):
        piece = self.socket.recv(65536)
        assert piece, "a connection that ended"
        if b"\r\n\r\n" not in self.head:
            self.head += piece
            if b"\r\n\r\n" not in self.head:
                return
            self.head, _, piece = self.head.partition(b"\r\n\r\n")
            self.head += b"\r\n\r\n"
        lines, self.body = lines_of(self.body + piece)
        self.lines += lines


def read_until(readers, enough, patience=60):
    until = time.monotonic() + patience
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            if not enough(reader):
                selector.register(reader.socket, selectors.EVENT_READ, reader)
        while selector.get_map():
            assert time.monotonic() < until, f"{len(selector.get_map())} of {len(readers)} still wait"
            for key, _ in selector.select(1):
                key.data.read()
                if enough(key.data):
                    selector.unregister(key.fileobj)


def put(port, key, value):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("PUT", f"/v2/keys/{key}", f"value={value}", {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return body["node"]["modifiedIndex"]


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


def crowd(cluster):
    """The same number, spread, and a writer at a fixed rate."""
    before = [resident(process.pid) for process in cluster.processes]
    endpoints = ",".join(f"127.0.0.1:{port}" for port in cluster.http_ports)
    ran = subprocess.run([sys.executable, str(CROWD), "--endpoints", endpoints, "--polls", str(POLLS), "--v2-streams", str(STREAMS // 2),
                          "--v3-streams", str(STREAMS // 2), "--rate", str(CROWD_RATE), "--duration", str(CROWD_SECONDS)],
                         capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["writes"] > 0 and told["missed"] == 0 and told["heard"] == told["writes"] * (POLLS + STREAMS), told
    grown = [resident(process.pid) - was for process, was in zip(cluster.processes, before)]
    assert max(grown) < MEMORY_MAX, f"the members grew by {grown} bytes"
    print(f"{told['writes']} changes in {CROWD_SECONDS} s reached {POLLS + STREAMS} clients each; the members grew by {[n >> 20 for n in grown]} MiB")


def main(arguments):
    with Cluster(arguments[0]) as cluster:
        port = cluster.http_ports[0]
        prefix = base64.b64encode(b"_conclave/v2/n/watched").decode()
        create = json.dumps({"create_request": {"key": prefix}}).encode()
        stream_request = b"POST /v3/watch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(create), create)
        streams = [Reader(connect(port, stream_request)) for _ in range(STREAMS)]
        read_until(streams, lambda reader: len(reader.lines) == 1)
        index = put(port, "other", "x")
        polls = []
        for number in range(ROUNDS):
            polls = [Reader(connect(port, b"GET /v2/keys/watched?wait=true&waitIndex=%d HTTP/1.1\r\nHost: x\r\n\r\n" % (index + 1)))
                     for _ in range(POLLS)]
            read_until(polls, lambda reader: reader.head.endswith(b"\r\n\r\n"))
            started = time.monotonic()
            index = put(cluster.http_ports[1], "watched", f"v{number}")
            read_until(polls, lambda reader: reader.lines)
            took = time.monotonic() - started
            for reader in polls:
                assert [line["node"]["value"] for line in reader.lines] == [f"v{number}"], reader.lines
                reader.socket.close()
            print(f"round {number}: {POLLS} polls answered in {took * 1000:.0f} ms")
        read_until(streams, lambda reader: len(reader.lines) == 1 + ROUNDS)
        for reader in streams:
            versions = [int(event["kv"]["version"]) for line in reader.lines[1:] for event in line["result"]["events"]]
            assert versions == list(range(1, ROUNDS + 1)), versions
            reader.socket.close()
        crowd(cluster)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
