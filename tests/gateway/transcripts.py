#!/usr/bin/env python3
"""Talks HTTP with three members as the files in testdata say, and compares every answer: status, headers, body.

    transcripts.py CONCLAVED [--update] [FILE...]

A file is a row of steps with a blank line between them:

    POST /v3/kv/put                     a request; header lines (Name: value) and the body may follow
    {"key":"Zm9v"}
    ----
    200 application/json                status, type and what else of the headers is worth a look; then the body
    {...}

    open NAME POST /v3/watch            a stream; its answer is "opened"
    send NAME {...}                     a further request in its body
    read NAME 2                         the next lines of its answer, each of which is one chunk
    end NAME                            the end of its body; the answer is what is left of the reply, if it ends

Requests go to one member after the other: each must answer alike. What differs from run to run is masked.
"""
import http.client
import pathlib
import re
import socket
import sys

from cluster import Cluster

HERE = pathlib.Path(__file__).resolve().parent / "testdata"
SHOWN = ["Allow", "Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Vary", "X-Etcd-Index", "X-Etcd-Cluster-Id", "X-Raft-Index",
         "X-Raft-Term"]
MASKS = [
    (r'"(cluster_id|member_id|raft_term|leader|ID|dbSize|dbSizeInUse|raftIndex|raftTerm|raftAppliedIndex)":"\d{6,}"', r'"\1":"N"'),
    (r'"(raft_term|dbSize|dbSizeInUse|raftIndex|raftTerm|raftAppliedIndex)":"\d+"', r'"\1":"N"'),
    (r'"TTL":"\d+","grantedTTL"', r'"TTL":"N","grantedTTL"'),
    (r'"hash":\d+', r'"hash":N'),
    (r"(X-Etcd-Cluster-Id|X-Raft-Term): \w+", r"\1: N"),
    (r'"id":"[0-9a-f]+"', '"id":"N"'),
    (r'"name":"n\d"', '"name":"NAME"'),
    (r'"(startTime|uptime|state)":"[^"]+"', r'"\1":"..."'),
    (r'"leader":"[0-9a-f]{9,}"', '"leader":"N"'),
    (r"127\.0\.0\.1:\d+", "HOST:PORT"),
    (r'"conclave":"[^"]+"', '"conclave":"VERSION"'),
]


def masked(text):
    for pattern, by in MASKS:
        text = re.sub(pattern, by, text)
    return text


class Stream:
    """A request whose body and reply go on at the same time."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.socket.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.head = None

    def send(self, text):
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(text), text))

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def read_head(self):
        if self.head is not None:
            return ""
        lines = []
        while True:
            line = self.file.readline().decode().rstrip("\r\n")
            if not line:
                break
            lines.append(line)
        self.head = lines
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        self.chunked = fields.get("transfer-encoding") == "chunked"
        self.length = int(fields.get("content-length", 0))
        return lines[0].split(" ")[1] + " " + fields.get("content-type", "") + (" chunked" if self.chunked else "") + "\n"

    def read(self, count):
        """Chunks; -1: all to the end."""
        text = self.read_head()
        if not self.chunked:
            return text + self.file.read(self.length).decode()
        while count != 0:
            size = int(self.file.readline(), 16)
            chunk = self.file.read(size + 2)[:-2].decode()
            if size == 0:
                return text + "(end)\n"
            assert chunk.endswith("\n") and chunk.count("\n") == 1, f"a chunk that is not one line: {chunk!r}"
            text += chunk
            count -= 1
        return text


def request(port, lines):
    method, path = lines[0].split(" ", 1)
    headers = {}
    rest = lines[1:]
    while rest and re.fullmatch(r"[A-Za-z-]+: .*", rest[0]):
        name, value = rest.pop(0).split(": ", 1)
        headers[name] = value
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        body = "\n".join(rest).encode().decode("unicode_escape").encode("latin-1") if "\\x" in "\n".join(rest) else "\n".join(rest).encode()
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        out = f"{answer.status} {answer.getheader('Content-Type', '')}".rstrip() + "\n"
        for name in SHOWN:
            if answer.getheader(name) is not None:
                out += f"{name}: {answer.getheader(name)}\n"
        return out + answer.read().decode()
    finally:
        connection.close()


class Session:
    def __init__(self, cluster):
        self.cluster = cluster
        self.turn = 0
        self.streams = {}

    def port(self):
        self.turn += 1
        return self.cluster.http_ports[self.turn % len(self.cluster.http_ports)]

    def step(self, lines):
        words = lines[0].split(" ")
        if words[0] == "open":
            self.streams[words[1]] = Stream(self.port(), words[3])
            return "opened\n"
        if words[0] == "send":
            self.streams[words[1]].send(" ".join(words[2:]).encode())
            return "sent\n"
        if words[0] == "read":
            return self.streams[words[1]].read(int(words[2]))
        if words[0] == "end":
            self.streams[words[1]].end()
            return self.streams[words[1]].read(-1) if words[2:] == ["read"] else "ended\n"
        self.cluster.settle()
        return request(self.port(), lines)


def run(cluster, path, update):
    session = Session(cluster)
    failures = 0
    out = []
    for block in path.read_text().split("\n\n"):
        block = block.strip("\n")
        if not block:
            continue
        asked, _, expected = block.partition("\n----\n")
        asked = asked.removesuffix("\n----")
        lines = [line for line in asked.split("\n") if not line.startswith("#")]
        if not lines:
            out.append(asked)
            continue
        got = masked(session.step(lines)).rstrip("\n")
        out.append(asked + "\n----\n" + got)
        if got != expected.rstrip("\n") and not update:
            failures += 1
            print(f"{path.name}: {asked}\n-- expected\n{expected}\n-- got\n{got}\n")
    if update:
        path.write_text("\n\n".join(out) + "\n")
    return failures


def main(arguments):
    update = "--update" in arguments
    arguments = [argument for argument in arguments if argument != "--update"]
    files = [pathlib.Path(name) for name in arguments[1:]] or sorted(HERE.glob("*.txt"))
    failures = 0
    for path in files:
        with Cluster(arguments[0], flags=["--cors", "http://page.example"]) as cluster:
            failures += run(cluster, path, update)
    print(f"{len(files)} files, {failures} answers that differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
