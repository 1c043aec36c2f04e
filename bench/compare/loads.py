"""Running a load program and sampling the members while its measured interval lasts."""
import contextlib
import json
import queue
import subprocess
import threading
import time

import processes
import sampling

GRACE_SECONDS = 60


class LoadFailed(Exception):
    pass


class LoadProcess:
    """A load program: either one process for each run, or one that reads the options of run after run (`serves`)."""

    def __init__(self, command, serves, directory="."):
        self.command = command
        self.device = sampling.device_of(directory)
        self.serves = serves
        self.process = None
        self.lines = queue.Queue()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process is not None:
            processes.kill_all([self.process])
            self.process = None

    def open(self, arguments):
        command = list(self.command) + (["--serve"] if self.serves else arguments)
        stdin = subprocess.PIPE if self.serves else subprocess.DEVNULL
        self.lines = queue.Queue()
        self.process = processes.start(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name, stream in (("out", self.process.stdout), ("error", self.process.stderr)):
            threading.Thread(target=self.read, args=(name, stream, self.lines), daemon=True).start()

    @staticmethod
    def read(name, stream, lines):
        with contextlib.suppress(ValueError, OSError):
            for line in stream:
                lines.put((name, line.strip()))
        lines.put((name, None))

    def send(self, arguments):
        if not self.serves or self.process is None or self.process.poll() is not None:
            self.close()
            self.open(arguments)
        if self.serves:
            self.process.stdin.write(" ".join(arguments) + "\n")
            self.process.stdin.flush()

    def run(self, arguments, pids, bound_seconds):
        """The program's report, with what members and load used in the measured interval under `members` and `load`."""
        self.send(arguments)
        watched = Watched(self.process.pid, pids, self.device)
        report, said = self.await_report(watched, time.monotonic() + bound_seconds)
        if report is None:
            self.close()
            raise LoadFailed("; ".join(said[-3:]) or "the load program ended without a report")
        if not self.serves:
            self.process.wait()
        return {**report, **watched.used()}

    def await_report(self, watched, deadline):
        said, ended = [], 0
        while ended < 2:
            try:
                name, line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None, said + ["the load program took too long"]
            if line is None:
                ended += 1
            elif name == "out" and line.startswith("{"):
                watched.end()
                return json.loads(line), said
            elif not watched.phase(line):
                said.append(line)
        return None, said


class Watched:
    """Samples of members and load: from "measuring" to "measured", or over the whole run if the program says neither."""

    def __init__(self, load, members, device):
        self.load, self.members, self.device = load, members, device
        self.first = self.take()
        self.last = None
        self.measuring = False

    def take(self):
        return time.monotonic(), sampling.sample(self.load), [sampling.sample(pid) for pid in self.members], sampling.written_bytes(self.device), sampling.busy_seconds()

    def phase(self, line):
        if line == "measuring":
            self.first, self.last, self.measuring = self.take(), None, True
        elif line == "measured":
            self.end()
        return line in ("measuring", "measured")

    def end(self):
        if self.last is None:
            self.last = self.take()

    def used(self):
        members = sampling.total(after.since(before) for before, after in zip(self.first[2], self.last[2]))
        load = self.last[1].since(self.first[1])
        return {"sampled_seconds": self.last[0] - self.first[0], "sampled_exactly": self.measuring,
                "members": vars(members), "load": vars(load), "written_bytes": self.last[3] - self.first[3],
                "others_cpu_seconds": max(0.0, self.last[4] - self.first[4] - members.cpu_seconds - load.cpu_seconds)}
