"""A cluster of real conclaved processes on the loopback that serve HTTP, for the tests in this directory."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from ports import free_ports  # noqa: E402

LOG_LINES = 15  # of each member, shown after a failure


class Cluster:
    """Starts on entering, stops each member by its pid on leaving."""

    def __init__(self, conclaved, members=3, flags=(), environment=None):
        self.conclaved = conclaved
        self.flags = list(flags)
        self.environment = environment or {}
        self.directory = tempfile.mkdtemp(prefix="conclave-http-")
        self.names = [f"n{i + 1}" for i in range(members)]
        ports = free_ports(3 * members)
        self.client_ports = ports[:members]
        self.peer_ports = ports[members:2 * members]
        self.http_ports = ports[2 * members:]
        self.processes = [None] * members

    def __enter__(self):
        try:
            for i in range(len(self.names)):
                self.start(i)
            self.await_ready()
        except BaseException as failed:
            self.__exit__(failed)
            raise
        return self

    def __exit__(self, failed, *_):
        if failed:
            for name in self.names:
                with open(os.path.join(self.directory, name + ".log"), encoding="utf-8", errors="replace") as log:
                    print(f"--- the log of {name}\n" + "".join(log.readlines()[-LOG_LINES:]))
        for process in self.processes:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, i):
        initial = ",".join(f"{name}=127.0.0.1:{port}" for name, port in zip(self.names, self.peer_ports))
        command = [self.conclaved, "--name", self.names[i], "--data-dir", os.path.join(self.directory, self.names[i]),
                   "--listen-client", f"127.0.0.1:{self.client_ports[i]}", "--listen-peer", f"127.0.0.1:{self.peer_ports[i]}",
                   "--listen-http", f"127.0.0.1:{self.http_ports[i]}", "--initial-cluster", initial, *self.flags]
        with open(os.path.join(self.directory, self.names[i] + ".log"), "ab") as log:
            self.processes[i] = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                                 env={**os.environ, **self.environment})

    def kill(self, i):
        self.processes[i].send_signal(signal.SIGKILL)
        self.processes[i].wait()

    def call(self, i, path, body=None, timeout=10):
        """The parsed answer to a v3 call."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_ports[i]}{path}", json.dumps(body or {}).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)

    def status(self, i):
        return self.call(i, "/v3/maintenance/status", timeout=2)

    def leader(self):
        """The place of the member that leads and that every running member follows, or None: one that has just started knows nobody yet."""
        told = {}
        for i, process in enumerate(self.processes):
            if process is None or process.poll() is not None:
                continue
            try:
                status = self.status(i)
            except OSError:
                return None
            told[status["header"]["member_id"]] = (i, status.get("leader"))
        leaders = {leader for _, leader in told.values()}
        leader = leaders.pop() if len(leaders) == 1 else None
        return told[leader][0] if leader in told else None

    def await_leader(self, patience=20):
        until = time.monotonic() + patience
        while time.monotonic() < until:
            leader = self.leader()
            if leader is not None:
                return leader
            time.sleep(0.05)
        raise AssertionError("nobody leads")

    def settle(self):
        """All members have reached the same revision: reads of a member's own state answer alike."""
        until = time.monotonic() + 20
        while len({self.status(i)["header"]["revision"] for i in range(len(self.names))}) > 1:
            assert time.monotonic() < until, "the members' revisions stay apart"

    def await_ready(self):
        """A leader, and every member knows where all serve HTTP."""
        self.await_leader()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                lists = [self.call(i, "/v3/cluster/member/list")["members"] for i in range(len(self.names))]
                if all("clientURLs" in member for members in lists for member in members):
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("the members do not know each other's HTTP addresses")
