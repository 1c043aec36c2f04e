#!/usr/bin/env python3
"""Real members, scraped by a real Prometheus as deploy/prometheus says: every metric and label that the alerts and the dashboard name is on
the members' pages, every expression of theirs finds something, no alert is raised in good health, and the one of a dead member is. Where
there is no Prometheus the pages alone are looked at.

    live.py CONCLAVED ROOT
"""
import base64
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "gateway"))
from check import METRIC, base_of, expressions  # noqa: E402
from cluster import Cluster, free_ports  # noqa: E402

SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
SELECTOR = re.compile(r"\b((?:conclave|process)_[a-z_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'([a-z_]+)\s*(=~|=|!=|!~)\s*"([^"]*)"')
OF_PROMETHEUS = {"job", "instance"}  # labels that it adds itself
SERIES_MAX = 700  # of one member: what it costs a Prometheus does not grow with what the cluster holds
SCRAPE_SECONDS_MAX = 0.5
PATIENCE = 40


def get(url, body=None):
    with urllib.request.urlopen(url, body, timeout=10) as answer:
        return answer.read().decode()


def coded(text):
    return base64.b64encode(text.encode()).decode()


def pages(cluster):
    return [get(f"http://127.0.0.1:{port}/metrics") for port in cluster.http_ports]


def labels_of(pages_seen):
    """By metric: by label, its values."""
    found = {}
    for page in pages_seen:
        for line in page.splitlines():
            if sample := SAMPLE.match(line):
                labels = found.setdefault(sample[1], {})
                for name, value in LABEL.findall(sample[2] or ""):
                    labels.setdefault(name, set()).add(value)
    return found


def do_something(cluster, leader):
    """A little of everything that is counted, refusals among it."""
    for number in range(20):
        cluster.call(number % 3, "/v3/kv/put", {"key": coded(f"app/{number}"), "value": coded("v")})
    cluster.call(leader, "/v3/kv/range", {"key": coded("app/1")})
    cluster.call(leader, "/v3/lease/grant", {"TTL": "600"})
    for path, body in (("/v3/lease/revoke", b'{"ID":"77"}'), ("/v3/kv/put", b"{")):
        with contextlib.suppress(urllib.error.HTTPError):
            get(f"http://127.0.0.1:{cluster.http_ports[leader]}{path}", body)
    with contextlib.suppress(urllib.error.HTTPError):
        get(f"http://127.0.0.1:{cluster.http_ports[leader]}/nothing")


def check_names(root, found):
    """Each metric with each label by which it is chosen, and where a value is named exactly, that value, unless it only comes with trouble."""
    known = set(found)
    for text in expressions(root):
        for name, matchers in SELECTOR.findall(text):
            assert name in known, f"no member has {name}: {text}"
            for label, operator, value in MATCHER.findall(matchers or ""):
                if label in OF_PROMETHEUS:
                    continue
                assert label in found[name], f"{name} has no label {label}: {text}"
                for one in value.split("|") if operator in ("=", "=~") else ():
                    assert one in found[name][label], f"{name} has no {label} {one}: {text}"
        names = {base_of(name, known) for name in METRIC.findall(text)}
        own = set().union(*(found.get(name, {}).keys() | found.get(name + "_bucket", {}).keys() for name in names))
        for group in re.findall(r"\bby \(([^)]*)\)", text):
            strangers = {label.strip() for label in group.split(",")} - own - OF_PROMETHEUS
            assert not strangers, f"none of these metrics has {strangers}: {text}"


def check_documented(root, found):
    text = (root / "docs/monitoring.md").read_text()
    known = set(re.findall(r"`((?:conclave|process)_[a-z_]+)", text))
    missing = {base_of(name, known) for name in found} - known
    assert not missing, f"docs/monitoring.md does not tell of {sorted(missing)}"
    for alert in re.findall(r"- alert: (\w+)", (root / "deploy/prometheus/conclave.rules.yml").read_text()):
        assert f"`{alert}`" in text, f"docs/monitoring.md does not tell of {alert}"


class Prometheus:
    """A server of its own, in a directory of its own."""

    def __init__(self, root, http_ports):
        self.directory = tempfile.mkdtemp(prefix="conclave-prometheus-")
        self.port = free_ports(1)[0]
        config = (root / "deploy/prometheus/prometheus.yml").read_text()
        for old, port in zip((7402, 7412, 7422), http_ports):
            assert f"127.0.0.1:{old}" in config, config
            config = config.replace(f"127.0.0.1:{old}", f"127.0.0.1:{port}")
        config = config.replace("scrape_interval: 10s, evaluation_interval: 10s", "scrape_interval: 1s, evaluation_interval: 1s")
        assert "scrape_interval: 1s" in config, config
        pathlib.Path(self.directory, "prometheus.yml").write_text(config)
        shutil.copy(root / "deploy/prometheus/conclave.rules.yml", self.directory)

    def __enter__(self):
        self.process = subprocess.Popen(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{self.port}"],
            cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def ask(self, path, **parameters):
        answer = json.loads(get(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def until(self, what, holds):
        until = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                if value := holds():
                    return value
            assert time.monotonic() < until and self.process.poll() is None, f"{what}: not within {PATIENCE} s"
            time.sleep(0.2)

    def alerts(self):
        return {(each["labels"]["alertname"], each["state"]) for each in self.ask("alerts")["alerts"]}


def check_with(prometheus, cluster, root, leader):
    prometheus.until("three members scraped a few times", lambda: prometheus.query("count(count_over_time(up[1m]) > 5) == 3"))
    do_something(cluster, leader)
    time_of_scrape = max(float(each["value"][1]) for each in prometheus.query("max_over_time(scrape_duration_seconds[1m])"))
    assert time_of_scrape < SCRAPE_SECONDS_MAX, f"a scrape took {time_of_scrape} s"
    asked = {text.replace("$__rate_interval", "20s").replace("$job", "conclave") for text in expressions(root, rules=False)}
    for expression in sorted(asked):
        prometheus.until(expression + " finds something", lambda: prometheus.query(expression))
    rules = prometheus.until("the rules were looked at", lambda: [
        rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"] if rule["health"] != "unknown"])
    ill = [rule for rule in rules if rule["health"] != "ok"]
    assert len(rules) == 15 and not ill, ill or len(rules)
    assert not prometheus.alerts(), prometheus.alerts()
    cluster.kill((leader + 1) % 3)
    prometheus.until("the dead member", lambda: {("ConclaveMemberDown", "pending"), ("ConclaveMajorityAtRisk", "pending")} <= prometheus.alerts())
    print(f"{len(asked)} expressions found something, {len(rules)} rules are well; the longest scrape took {time_of_scrape * 1000:.1f} ms")


def main(conclaved, root):
    with Cluster(conclaved) as cluster:
        leader = cluster.await_leader()
        do_something(cluster, leader)
        seen = pages(cluster)
        check_names(root, labels_of(seen))
        check_documented(root, labels_of(seen))
        series = max(sum(not line.startswith("#") for line in page.splitlines()) for page in seen)
        assert series < SERIES_MAX, f"{series} series"
        if promtool := shutil.which("promtool"):
            for page in seen:
                subprocess.run([promtool, "check", "metrics"], input=page, text=True, check=True, timeout=60)
        print(f"every name is there; a member has up to {series} series")
        if shutil.which("prometheus") is None:
            print("there is no prometheus here")
            return
        with Prometheus(root, cluster.http_ports) as prometheus:
            check_with(prometheus, cluster, root, leader)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
