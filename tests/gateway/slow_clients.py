#!/usr/bin/env python3
"""Clients that send their requests a byte at a time, or do not read what they asked for, against a real member: each is told so or let go when its time
is over, the member counts them, holds no memory for them, and meanwhile serves the others as ever.

    slow_clients.py CONCLAVED

With CONCLAVE_TEST_FULL=1 the longer deadlines, of bodies and of answers that are not read, are waited for, too.
"""
import http.client
import json
import os
import re
import socket
import sys
import threading
import time

from cluster import Cluster

DRIBBLERS = 300
HEAD_SECONDS, BODY_SECONDS, STALL_SECONDS = 10, 60, 30
SLOWEST_ANSWER = 2.0  # seconds: what a client that behaves waits at most, on a machine that does other things as well
MEMORY_MAX = 24 << 20
FULL = os.environ.get("CONCLAVE_TEST_FULL") == "1"


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return connection


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


def refused(port, kind):
    page = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    page.request("GET", "/metrics")
    found = re.search(rf'conclave_http_refused_total\{{kind="{kind}"\}} (\d+)', page.getresponse().read().decode())
    page.close()
    return int(found[1]) if found else 0


class Others:
    """A client that behaves, asking all the while."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.waits = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.ended.wait(0.05):
            began = time.monotonic()
            self.connection.request("POST", "/v3/kv/put", json.dumps({"key": "YQ==", "value": "Yg=="}))
            answer = self.connection.getresponse()
            answer.read()
            self.waits.append(time.monotonic() - began if answer.status == 200 else float("inf"))

    def end(self):
        self.ended.set()
        self.thread.join()
        assert len(self.waits) > 20, f"only {len(self.waits)} answers"
        return max(self.waits)


def dribble(connections, text, seconds):
    """A byte of the text to each, every half second, until that time is over."""
    until = time.monotonic() + seconds
    for byte in text.encode():
        for connection in connections:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                pass  # it was let go
        if time.monotonic() > until:
            return
        time.sleep(0.5)


def last_words(connection):
    said = b""
    try:
        while piece := connection.recv(4096):
            said += piece
    except ConnectionError:
        pass
    return said.decode()


def slow_heads(port):
    slow = [connect(port) for _ in range(DRIBBLERS)]
    dribble(slow, "GET /livez HTTP/1.1\r\nX-Slow: " + "x" * 200, HEAD_SECONDS + 1)
    words = [last_words(connection) for connection in slow]
    told = sum(text.startswith("HTTP/1.1 408") and "did not come in time" in text for text in words)
    # Who went on sending after it was told may have lost the answer to a reset.
    assert told > 0, words[:3]
    assert refused(port, "head_timeout") == DRIBBLERS, refused(port, "head_timeout")


def slow_bodies(port):
    slow = [connect(port) for _ in range(20)]
    for connection in slow:
        connection.sendall(b"POST /v3/kv/put HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
    dribble(slow, "{" + " " * 200, BODY_SECONDS + 1)
    assert any(last_words(connection).startswith("HTTP/1.1 408") for connection in slow)
    assert refused(port, "body_timeout") == len(slow), refused(port, "body_timeout")


def no_readers(port):
    value = "dmFsdWVz" * 50_000  # sixteen of these are more than a socket takes in
    write = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for number in range(16):
        write.request("POST", "/v3/kv/put", json.dumps({"key": f"Ymln{number:04}", "value": value}))
        answer = write.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    slow = [connect(port) for _ in range(10)]
    ask = b'{"key":"Ymln","range_end":"Ymlo"}'
    for connection in slow:
        connection.sendall(b"POST /v3/kv/range HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(ask), ask))
    until = time.monotonic() + STALL_SECONDS + 20
    while refused(port, "slow_reader") < len(slow):
        assert time.monotonic() < until, refused(port, "slow_reader")
        time.sleep(0.5)


def main(arguments):
    with Cluster(arguments[0]) as cluster:
        member = cluster.await_leader()
        port, pid = cluster.http_ports[member], cluster.processes[member].pid
        before = resident(pid)
        others = Others(port)
        try:
            slow_heads(port)
            if FULL:
                slow_bodies(port)
                no_readers(port)
        finally:
            slowest = others.end()
        grown = resident(pid) - before
        assert slowest < SLOWEST_ANSWER, f"an answer took {slowest:.3f} s"
        assert grown < MEMORY_MAX * (4 if FULL else 1), f"the member grew by {grown} bytes"
        print(f"{len(others.waits)} answers to others, the slowest after {slowest * 1000:.0f} ms; the member grew by {grown >> 10} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
