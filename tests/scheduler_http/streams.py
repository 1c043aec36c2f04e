#!/usr/bin/env python3
"""The stream of changes: who loses the connection in the middle of a burst and says what it saw last misses nothing; who comes back after too long, or to
another process, is told everything anew; who listens while the store changes its leader does not notice; and one who does not read costs nobody anything.

    streams.py BIN_DIRECTORY
"""
import http.client
import json
import random
import resource
import socket
import sys
import threading
import time

from park import Park, until

JOBS = 60
ARRAYS = 4  # of 100 jobs
READERS_WHO_CUT = 4


class Reader:
    """A browser's memory: it applies what it is told, and connects again from the last id it saw."""

    def __init__(self, port):
        self.port = port
        self.jobs, self.agents, self.staging = {}, {}, None
        self.last_id = ""
        self.pictures = self.changes = self.connections = 0
        self.phases = {}  # every phase that was seen of a job, in order

    def connect(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.connection.request("GET", "/v1/events", headers={"Last-Event-ID": self.last_id} if self.last_id else {})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200 and self.answer.headers["Content-Type"] == "text/event-stream"
        self.connections += 1

    def cut(self):
        self.connection.sock.close()
        self.answer.close()

    def read(self):
        """One event, as (name, data)."""
        name, data, event_id = "message", "", None
        while True:
            line = self.answer.readline().decode().rstrip("\n")
            if line == "" and data:
                break
            field, _, value = line.partition(": ")
            name = value if field == "event" else name
            data = value if field == "data" else data
            event_id = value if field == "id" else event_id
        if event_id is not None:
            assert not self.last_id or int(event_id) >= int(self.last_id), "ids go forward"
            self.last_id = event_id
        self.take(name, json.loads(data))
        return name

    def take(self, name, data):
        if name == "begin":
            self.pictures += 1
            self.staging = ({}, {})
        elif name == "ready":
            self.jobs, self.agents = self.staging
            self.staging = None
        elif name == "change":
            self.changes += 1
            jobs, agents = self.staging or (self.jobs, self.agents)
            for into, changed in ((jobs, data.get("jobs", {})), (agents, data.get("agents", {}))):
                for key, value in changed.items():
                    if value is None:
                        into.pop(key, None)
                    else:
                        into[key] = value
            for key, value in data.get("jobs", {}).items():
                seen = self.phases.setdefault(key, [])
                if value and (not seen or seen[-1] != (value["revision"], value["phase"])):
                    seen.append((value["revision"], value["phase"]))


def state_of(park):
    return {job["job"]: job for job in park.get("/v1/jobs?limit=1000")["jobs"]}


def is_done(jobs, prefix, wanted=JOBS):
    mine = [job for name, job in jobs.items() if name.startswith(prefix)]
    return len(mine) == wanted and all(job["phase"] == "succeeded" for job in mine)


def follow(reader, prefix, prng):
    """Reads until the burst is over, cutting the connection again and again."""
    until_cut = prng.randint(3, 12)
    while not is_done(reader.jobs, prefix):
        if reader.read() == "change" and reader.staging is None:
            until_cut -= 1
        if until_cut == 0:
            reader.cut()
            reader.connect()
            until_cut = prng.randint(3, 12)


def a_burst(park, prefix):
    for i in range(JOBS):
        park.submit(f"{prefix}{i}", "true")


def cut_within_a_burst(park):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    whole, *readers = (Reader(park.port) for _ in range(1 + READERS_WHO_CUT))
    for reader in (whole, *readers):
        reader.connect()
        while reader.read() != "ready":
            pass
    threads = [threading.Thread(target=follow, args=(reader, "burst", random.Random(seed + i))) for i, reader in enumerate(readers)]
    for thread in threads:
        thread.start()
    a_burst(park, "burst")
    while not is_done(whole.jobs, "burst"):
        whole.read()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a reader misses something"
    now = state_of(park)
    for reader in readers:
        assert reader.jobs == now == whole.jobs, "what was put together from changes is what is there"
        assert reader.connections > 5 and reader.pictures == 1, (reader.connections, reader.pictures)
        missed = {name for name in now if reader.phases[name] != whole.phases[name]}
        assert not missed, f"every single change came to who was cut off: {missed}"
    print(f"{sum(r.connections for r in readers)} connections, {sum(r.changes for r in readers)} changes, none missed")


def come_back_too_late(park):
    """Ids of before the process began, of the future, and no ids at all: a picture of the whole."""
    park.kill("api")
    park.start_api()
    until("it is back", lambda: park.answers("/readyz"))
    now = state_of(park)
    for last_id in ("1", "999999999", "nonsense", ""):
        reader = Reader(park.port)
        reader.last_id = last_id
        reader.connect()
        reader.last_id = ""
        assert reader.read() == "begin", last_id
        while reader.read() != "ready":
            pass
        assert reader.jobs == now and list(reader.agents) == ["a0"]
        reader.cut()
    reader = Reader(park.port)
    reader.connect()
    while reader.read() != "ready":
        pass
    reader.cut()
    park.kill("api")
    park.start_api()
    until("it is back", lambda: park.answers("/readyz"))
    park.submit("later", "true")
    reader.connect()
    while "later" not in reader.jobs or reader.jobs["later"]["phase"] != "succeeded":
        reader.read()
    assert reader.jobs == state_of(park)


def leader_killed(park):
    """The store changes its leader in the middle of a burst: streams go on, whole and in order, and nobody has to begin anew."""
    reader = Reader(park.port)
    reader.connect()
    while reader.read() != "ready":
        pass
    leader = park.cluster.await_leader()
    for i in range(JOBS):
        park.submit(f"change{i}", "true")
        if i == JOBS // 2:
            park.cluster.kill(leader)
    while not is_done(reader.jobs, "change"):
        reader.read()
    assert reader.jobs == state_of(park) and reader.pictures == 1 and reader.connections == 1
    lost = [name for name, job in reader.jobs.items() if job.get("losses") or job.get("failures")]
    assert not lost, f"sent back because of it: {lost}"
    park.cluster.start(leader)


def peak_kib(park):
    with open(f"/proc/{park.processes['api'].pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def readers_who_do_not_read(park):
    """They say hello and then nothing. Others go on as before, and memory does not grow with what they do not read."""
    idle = []
    for _ in range(50):
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # so that the kernel keeps little for them
        link.connect(("127.0.0.1", park.port))
        link.sendall(b"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        idle.append(link)
    reader = Reader(park.port)
    reader.connect()
    while reader.read() != "ready":
        pass
    before, slowest = peak_kib(park), 0.0
    for i in range(JOBS):
        began = time.monotonic()
        park.submit(f"beside{i}", "true")
        while f"beside{i}" not in reader.jobs:
            reader.read()
        slowest = max(slowest, time.monotonic() - began)
    for i in range(ARRAYS):
        park.submit(f"many{i}", "true", count=100)
    while not is_done(reader.jobs, "beside") or not is_done(reader.jobs, "many", 100 * ARRAYS):
        reader.read()
    grown = peak_kib(park) - before
    assert slowest < 5, f"a reader waited {slowest:.1f} s for another"
    assert grown < 50 * 192, f"{grown} KiB for 50 readers who do not read"
    print(f"50 readers who do not read: {grown} KiB, the slowest change took {slowest * 1000:.0f} ms")
    # One of them reads at last: it is told everything and knows what all know.
    late = Reader(park.port)
    late.connection, late.answer = None, http.client.HTTPResponse(idle[0])
    late.answer.begin()
    while not is_done(late.jobs, "many", 100 * ARRAYS):
        late.read()
    assert late.jobs == state_of(park) and late.pictures == 1
    late.answer.close()
    for link in idle:
        link.close()
    until("who is gone is forgotten", lambda: park.metric("conclave_scheduler_api_streams") <= 1)


def main(arguments):
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    with Park(arguments[0], members=3, slots=8) as park:
        for part in (cut_within_a_burst, come_back_too_late, leader_killed, readers_who_do_not_read):
            part(park)
            print(part.__name__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
