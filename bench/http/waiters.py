#!/usr/bin/env python3
"""A crowd of HTTP clients that wait for one key, and one that writes it at a fixed rate: long polls of v2 that ask again as soon as they are answered,
streams of v2 and v3. It checks that each hears of every change, once and in order, prints "ready" when all stand and one JSON object at the end.

One process with one thread; it gives way to everybody else on the machine, because it stands for clients that run elsewhere.
"""
import argparse
import base64
import json
import os
import resource
import select
import socket
import sys
import time

STAND_SECONDS, LAST_SECONDS = 60, 10


class Failed(Exception):
    pass


def number_after(text, name, start=0):
    """The digits that follow a name, and where they end; (None, -1) without one."""
    at = text.find(name, start)
    if at < 0:
        return None, -1
    begin = end = at + len(name)
    while text[end] in b"0123456789":
        end += 1
    return int(text[begin:end]), end


class Client:
    """One connection; `index` is the place in the history that it has reached, `heard` the number of the last change."""

    def __init__(self, crowd, endpoint, index):
        self.crowd = crowd
        self.index = index
        self.heard = 0
        self.stands = False
        self.bytes = b""
        host, port = endpoint.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise Failed("a connection ended: " + self.bytes[-200:].decode(errors="replace"))
        self.bytes += piece
        self.take()

    def hear(self, number):
        if number != self.heard + 1:
            self.crowd.missed += 1
        self.heard = number
        self.crowd.took.append(time.monotonic() - self.crowd.sent[number])


class Poll(Client):
    more = b""

    def ask(self):
        self.socket.sendall(b"GET /v2/keys/%b?wait=true&waitIndex=%d%b HTTP/1.1\r\nHost: x\r\n\r\n" % (self.crowd.key, self.index + 1, self.more))

    def take(self):
        if not self.bytes.endswith(b"0\r\n\r\n"):
            self.stands = True  # the head is sent before there is news
            return
        number, end = number_after(self.bytes, b'"value":"')
        if number is None:
            raise Failed(self.bytes.decode(errors="replace"))
        self.index, _ = number_after(self.bytes, b'"modifiedIndex":', end)
        self.bytes = b""
        self.hear(number)
        self.ask()


class Stream(Poll):
    more = b"&stream=true"

    def take(self):
        if not self.stands:
            head, blank, self.bytes = self.bytes.partition(b"\r\n\r\n")
            if not blank:
                self.bytes = head
                return
            self.stands = True
        if self.bytes.endswith(b"}\n\r\n"):  # whole chunks, each of which is a line
            lines, self.bytes = self.bytes.split(b"\n"), b""
            for line in lines:
                if line.startswith(b"{"):
                    self.take_line(line)

    def take_line(self, line):
        self.hear(number_after(line, b'"value":"')[0])


class Watch(Stream):
    """Of v3, on the key that holds the value."""
    first = None  # version before the first change

    def ask(self):
        key = base64.b64encode(b"_conclave/v2/n/" + self.crowd.key).decode()
        body = json.dumps({"create_request": {"key": key, "start_revision": self.index + 1}}).encode()
        self.socket.sendall(b"POST /v3/watch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def take_line(self, line):
        at = 0
        while (found := number_after(line, b'"version":"', at))[0] is not None:
            version, at = found
            if self.first is None:
                self.first = version - 1
            self.hear(version - self.first)


class Writer(Client):
    waits = False

    def write(self):
        body = b"value=%d" % len(self.crowd.sent)
        self.waits = True
        self.crowd.sent.append(time.monotonic())
        self.socket.sendall(b"PUT /v2/keys/%b HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b"
                            % (self.crowd.key, len(body), body))

    def take(self):
        if not self.bytes.endswith(b"}\n"):
            return
        self.index, _ = number_after(self.bytes, b'"modifiedIndex":')
        if self.index is None:
            raise Failed(self.bytes.decode(errors="replace"))
        self.bytes = b""
        self.waits = False


class Crowd:
    def __init__(self, options):
        self.options = options
        self.key = options.key.encode()
        self.endpoints = options.endpoints.split(",")
        self.poller = select.epoll()
        self.clients = {}
        self.sent = []  # when, of each write by its number
        self.took = []
        self.missed = 0

    def add(self, client):
        self.clients[client.socket.fileno()] = client
        self.poller.register(client.socket.fileno(), select.EPOLLIN)
        return client

    def pump(self, seconds):
        for descriptor, _ in self.poller.poll(max(seconds, 0), 256):
            self.clients[descriptor].read()

    def until(self, holds, seconds):
        end = time.monotonic() + seconds
        while not holds() and time.monotonic() < end:
            self.pump(0.1)
        return holds()

    def waiters(self):
        return [client for client in self.clients.values() if not isinstance(client, Writer)]

    def stand(self):
        self.writer = self.add(Writer(self, self.endpoints[0], 0))
        self.writer.write()  # number zero: the key is there, and its index known
        if not self.until(lambda: not self.writer.waits, STAND_SECONDS):
            raise Failed("the first write was not answered")
        for kind, count in ((Watch, self.options.v3_streams), (Stream, self.options.v2_streams), (Poll, self.options.polls)):
            for number in range(count):
                self.add(kind(self, self.endpoints[number % len(self.endpoints)], self.writer.index)).ask()
                if number % 64 == 63:
                    self.pump(0.001)
        if not self.until(lambda: all(client.stands for client in self.waiters()), STAND_SECONDS):
            raise Failed("not everybody was let in")

    def run(self):
        began, due = time.monotonic(), 0
        while (now := time.monotonic()) < began + self.options.duration:
            if not self.writer.waits and now >= began + due / self.options.rate:
                due += 1
                self.writer.write()
            self.pump(0.1 if self.writer.waits else min(0.1, began + due / self.options.rate - time.monotonic()))
        last = len(self.sent) - 1
        self.until(lambda: all(client.heard >= last for client in self.waiters()), LAST_SECONDS)
        self.missed += sum(max(last - client.heard, 0) for client in self.waiters())

    def outcome(self):
        self.took.sort()

        def millis(fraction):
            return round(1000 * self.took[min(int(len(self.took) * fraction), len(self.took) - 1)], 3) if self.took else 0
        return {"writes": len(self.sent) - 1, "heard": len(self.took), "missed": self.missed, "p50_ms": millis(0.5), "p99_ms": millis(0.99)}


def give_way(idle):
    """Where the system divides its processors between sessions first, a process gives way with its session, if that is its own."""
    os.nice(19)
    if idle:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if os.getsid(0) == os.getpid():
        try:
            with open("/proc/self/autogroup", "w", encoding="ascii") as group:
                group.write("19")
        except OSError:
            pass  # it does not


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoints", required=True, help="HOST:PORT of members' HTTP, comma-separated; the clients are spread over them")
    parser.add_argument("--polls", type=int, default=1000)
    parser.add_argument("--v2-streams", type=int, default=100)
    parser.add_argument("--v3-streams", type=int, default=100)
    parser.add_argument("--rate", type=float, default=10, help="writes in a second, through the first endpoint, each of which concerns everybody")
    parser.add_argument("--duration", type=float, default=10)
    parser.add_argument("--key", default="bench/watched")
    parser.add_argument("--idle", action="store_true", help="take only processor time that nobody else wants")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    give_way(options.idle)
    crowd = Crowd(options)
    try:
        crowd.stand()
        print("ready", flush=True)
        crowd.run()
    except (Failed, OSError) as why:
        sys.exit(f"waiters: {why}")
    print(json.dumps(crowd.outcome()))
    return 1 if crowd.missed else 0


if __name__ == "__main__":
    sys.exit(main())
