"""Three members of one system on this machine: what the systems have in common."""
import contextlib
import os
import shutil
import time

import processes

MEMBERS = 3
HEALTHY_SECONDS = 60


class ClusterFailed(Exception):
    pass


class Cluster:
    """A system in directories of its own, on ports of its own. Subclasses say how a member is started and what a healthy one answers.

    A member's data stays while the cluster is stopped and started; leaving the `with` block removes it.
    """
    name = ""
    ports_per_member = 2

    def __init__(self, directory):
        self.directory = os.path.join(directory, self.name)
        self.members = []
        self.ports = []
        self.logs = []

    def command(self, number):
        raise NotImplementedError

    def healthy(self, number):
        """True when the member answers a request that needs a leader."""
        raise NotImplementedError

    def prepare(self, number):
        """Before a member's first start."""

    def environment(self):
        return dict(os.environ)

    def client_port(self, number):
        return self.ports[number][0]

    def endpoints(self):
        return [f"127.0.0.1:{self.client_port(number)}" for number in range(MEMBERS)]

    def member_directory(self, number):
        return os.path.join(self.directory, f"n{number + 1}")

    def pids(self):
        return [member.pid for member in self.members]

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        every = processes.free_ports(MEMBERS * self.ports_per_member)
        self.ports = [every[i * self.ports_per_member:(i + 1) * self.ports_per_member] for i in range(MEMBERS)]
        for number in range(MEMBERS):
            os.makedirs(self.member_directory(number))
            self.prepare(number)
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        processes.kill_all(self.members)
        self.members = []
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        """Returns the seconds until every member was healthy."""
        begin = time.monotonic()
        self.members = []
        for number in range(MEMBERS):
            with open(self.log(number), "ab") as log:
                self.members.append(processes.start(self.command(number), log, env=self.environment(), cwd=self.member_directory(number)))
        for number in range(MEMBERS):
            self.await_healthy(number, begin + HEALTHY_SECONDS)
        return time.monotonic() - begin

    def stop(self):
        processes.stop_all(self.members)
        self.members = []

    def log(self, number):
        return self.member_directory(number) + ".log"

    def last_words(self, number):
        with open(self.log(number), encoding="utf-8", errors="replace") as log:
            return log.read()[-1000:]

    def await_healthy(self, number, deadline):
        while True:
            with contextlib.suppress(OSError):
                if self.healthy(number):
                    return
            if self.members[number].poll() is not None:
                raise ClusterFailed(f"member {number + 1} of {self.name} ended: {self.last_words(number)}")
            if time.monotonic() > deadline:
                raise ClusterFailed(f"member {number + 1} of {self.name} is not healthy: {self.last_words(number)}")
            time.sleep(0.02)
