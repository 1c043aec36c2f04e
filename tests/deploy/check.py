#!/usr/bin/env python3
"""Checks what operators load into other programs: the rules and the dashboard name only metrics that the sources make, each alert has a test
in which it is raised and one in which it is not, and promtool, if there is one, finds the rules right and the tests passed
(deploy/prometheus/conclave.rules_test.yml). live.py asks real members.

    check.py ROOT
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

METRIC = re.compile(r"\b(?:conclave|process)_[a-z_]+\b")


def metrics_of(root):
    """Every name that the sources give to a metric; those of the HTTP server are put together from a prefix."""
    names = set()
    for path in ("server/telemetry/src/metrics.cpp", "http/src/metrics_process.cpp"):
        names |= set(re.findall(r'"((?:conclave|process)_[a-z_]+)"', (root / path).read_text()))
    for rest in re.findall(r'http \+ "([a-z_]+)"', (root / "http/src/metrics.cpp").read_text()):
        names.add("conclave_http_" + rest)
    return names


def base_of(name, known):
    for end in ("_bucket", "_sum", "_count"):
        if name.endswith(end) and name[: -len(end)] in known:
            return name[: -len(end)]
    return name


def expressions(root, rules=True):
    """Of the rules and the dashboard."""
    for line in (root / "deploy/prometheus/conclave.rules.yml").read_text().splitlines() if rules else ():
        if "expr:" in line:
            yield line
    dashboard = json.loads((root / "deploy/grafana/conclave.json").read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)), "two panels have one id"
    for panel in dashboard["panels"]:
        assert panel["targets"], panel["title"] + " shows nothing"
        for target in panel["targets"]:
            yield target["expr"]


def check_tests(root):
    alerts = set(re.findall(r"- alert: (\w+)", (root / "deploy/prometheus/conclave.rules.yml").read_text()))
    tests = (root / "deploy/prometheus/conclave.rules_test.yml").read_text()
    assert len(alerts) > 10, alerts
    for kind, pattern in (("raised", r"alertname: (\w+)\n +exp_alerts:\n"), ("quiet", r"alertname: (\w+)\n +exp_alerts: \[\]\n")):
        missing = alerts - set(re.findall(pattern, tests))
        assert not missing, f"no test sees these {kind}: " + ", ".join(sorted(missing))


def main(root):
    check_tests(root)
    known = metrics_of(root)
    assert len(known) > 50, f"only {len(known)} metrics found in the sources"
    used = {base_of(name, known) for text in expressions(root) for name in METRIC.findall(text)}
    unknown = sorted(used - known)
    assert not unknown, "no member has these: " + ", ".join(unknown)
    promtool = shutil.which("promtool")
    if promtool is None:
        print(f"{len(used)} of {len(known)} metrics are used; there is no promtool here")
        return
    folder = root / "deploy/prometheus"
    for words in (["check", "config", "prometheus.yml"], ["test", "rules", "conclave.rules_test.yml"]):
        subprocess.run([promtool, *words], cwd=folder, check=True, timeout=60)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
