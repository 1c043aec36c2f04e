"""Real members, a scheduler, agents and the HTTP interface, for the tests in this directory."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "gateway"))
from cluster import Cluster, free_ports  # noqa: E402

AGENT_TTL = 2
PATIENCE = 30


def until(what, holds, patience=PATIENCE):
    """Waits for holds() to give something true, and gives that."""
    end = time.monotonic() + patience
    while True:
        value = holds()
        if value:
            return value
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.05)


class Park:
    """Starts on entering, stops each process by its pid on leaving."""

    def __init__(self, bin_dir, members=1, agents=1, slots=4, scheduler_flags=(), api_flags=()):
        self.program = os.path.join(bin_dir, "conclave-scheduler")
        self.cluster = Cluster(os.path.join(bin_dir, "conclaved"), members)
        self.agents_wanted = agents
        self.slots = slots
        self.scheduler_flags = list(scheduler_flags)
        self.api_flags = list(api_flags)
        self.processes = {}

    def __enter__(self):
        self.cluster.__enter__()
        try:
            self.port = free_ports(1)[0]
            self.start("scheduler", "scheduler", "--ttl", "2", "--agent-ttl", str(AGENT_TTL), *self.scheduler_flags)
            self.start_api()
            for number in range(self.agents_wanted):
                self.start_agent(f"a{number}")
            until("the interface is ready", lambda: self.answers("/readyz"))
            until("the agents are ready", lambda: len([a for a in self.agents().values() if a["state"] == "ready"]) == self.agents_wanted)
        except BaseException as failed:
            self.__exit__(type(failed))
            raise
        return self

    def __exit__(self, failed, *_):
        if failed:
            for name in self.processes:
                with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as log:
                    print(f"--- the log of {name}\n" + "".join(log.readlines()[-10:]))
        for name in list(self.processes):
            self.kill(name)
        self.cluster.__exit__(failed)

    def path(self, name):
        return os.path.join(self.cluster.directory, name)

    def start(self, name, *words):
        endpoints = ",".join(f"127.0.0.1:{port}" for port in self.cluster.client_ports)
        with open(self.path(name + ".log"), "ab") as log:
            self.processes[name] = subprocess.Popen([self.program, "--endpoints", endpoints, *words], stdout=log, stderr=log,
                                                    stdin=subprocess.DEVNULL)

    def start_agent(self, name):
        self.start(name, "agent", "--agent", name, "--state", self.path(name), "--ttl", str(AGENT_TTL), "--slots", str(self.slots),
                   "--leave-within", "1", "--label", "zone=" + name)

    def start_api(self):
        self.start("api", "api", "--listen", f"127.0.0.1:{self.port}", *self.api_flags)

    def kill(self, name, how=signal.SIGKILL):
        process = self.processes.pop(name)
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(how)
        return process.wait()

    def ask(self, method, path, body=None, headers=None, timeout=20):
        """Status, headers and text. A body that is no text is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def get(self, path):
        status, _, text = self.ask("GET", path)
        assert status == 200, (path, status, text)
        return json.loads(text)

    def post(self, path, body=None, wanted=(200, 201)):
        status, _, text = self.ask("POST", path, body)
        assert status in wanted, (path, status, text)
        return json.loads(text)

    def answers(self, path):
        try:
            return self.ask("GET", path)[0] == 200
        except OSError:
            return False

    def agents(self):
        return {agent["agent"]: agent for agent in self.get("/v1/agents")["agents"]}

    def job(self, name):
        return self.get(f"/v1/jobs/{name}")["jobs"][name]

    def await_phase(self, name, phase, patience=PATIENCE):
        until(f"{name} is {phase}", lambda: self.job(name)["phase"] == phase, patience)

    def submit(self, name, shell, **more):
        return self.post("/v1/jobs", {"id": name, "command": ["sh", "-c", shell], **more})

    def metric(self, name):
        """The value of a sample, as it is written there, with its labels."""
        for line in self.ask("GET", "/metrics")[2].splitlines():
            if line.rsplit(" ", 1)[0] == name:
                return float(line.rsplit(" ", 1)[1])
        return None
