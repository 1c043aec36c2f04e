#!/usr/bin/env python3
"""What is too large is refused by a running member, with a status that says so and the bound in the text, and it serves on; what waits for a
majority that is not there ends in good time.

    bounds.py CONCLAVED
"""
import http.client
import json
import socket
import sys
import time
import urllib.error

from cluster import Cluster

WAIT_SECONDS_MAX = 15  # documented: up to eight seconds for a leader
MIB = 1 << 20


def ask(port, head, body=b""):
    """Sends bytes as they are; the status and the text of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(head.encode() + b"\r\n\r\n" + body)
        except ConnectionError:
            pass  # the answer came before the end of the request
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read().decode()


def post(path, length):
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}"


def check_sizes(port):
    long = "x" * 20_000
    many = "".join(f"\r\nX-{i}: 1" for i in range(200))
    chunked = "POST /v3/kv/put HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
    pieces = b"%x\r\n%b\r\n" % (MIB, b" " * MIB) * 6 + b"0\r\n\r\n"
    cases = [
        ("GET /livez HTTP/1.1\r\nHost: a\r\nX: " + long, b"", 431, "16384 bytes"),
        ("GET /livez HTTP/1.1\r\nHost: a" + many, b"", 431, "headers"),
        ("GET /" + long + " HTTP/1.1\r\nHost: a", b"", 414, "8192 bytes"),
        ("GET /livez?" + "a=1&" * 300 + " HTTP/1.1\r\nHost: a", b"", 400, "parameters"),
        (post("/v3/kv/put", 6 * MIB), b" " * 6 * MIB, 413, "bytes"),
        (post("/v3/kv/put", 10**15), b"", 413, "bytes"),
        (chunked, pieces, 413, "bytes"),
        (post("/v2/keys/a", 6 * MIB) + "\r\nContent-Type: application/x-www-form-urlencoded", b"a" * 6 * MIB, 413, "bytes"),
    ]
    for head, body, status, text in cases:
        came = ask(port, head, body)
        assert came[0] == status and text in came[1], (head[:60], status, text, came)
        assert ask(port, "GET /livez HTTP/1.1\r\nHost: a")[0] == 200


def check_deadlines(cluster, member):
    """With a majority gone, what needs one is told so in good time, and what does not is answered."""
    for i in range(3):
        if i != member:
            cluster.kill(i)
    cases = [("/v3/kv/put", {"key": "YQ==", "value": "Yg=="}), ("/v3/kv/range", {"key": "YQ=="}), ("/v3/lease/grant", {"TTL": "60"})]
    for path, body in cases:
        began = time.monotonic()
        try:
            raise AssertionError((path, cluster.call(member, path, body, timeout=2 * WAIT_SECONDS_MAX)))
        except urllib.error.HTTPError as error:
            took, text = time.monotonic() - began, json.load(error)["message"]
            assert error.code == 503 and text.startswith("etcdserver: "), (path, error.code, text)
            assert took < WAIT_SECONDS_MAX, f"{path} took {took:.1f} s"
            print(f"{path}: {text} after {took:.1f} s")
    assert "kvs" in cluster.call(member, "/v3/kv/range", {"key": "YQ==", "serializable": True})


def main(arguments):
    with Cluster(arguments[0]) as cluster:
        member = cluster.await_leader()
        cluster.call(member, "/v3/kv/put", {"key": "YQ==", "value": "Yg=="})
        check_sizes(cluster.http_ports[member])
        check_deadlines(cluster, member)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
