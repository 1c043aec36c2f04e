#!/usr/bin/env python3
"""Pictures of the scheduler's page for the documentation: wide and narrow, light and dark, with work in every state and a freeze.

    pictures.py BIN_DIRECTORY DIRECTORY
"""
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "dashboard"))
from page import Browser, Park, free_ports, phase_of, press  # noqa: E402


def fill(park):
    park.submit("backup-db", "pg_dump orders | zstd > /backup/orders.zst; sleep 600", priority=80, resources={"memory_mib": 512, "slots": 1})
    park.post("/v1/jobs", [{"id": "thumbnails", "command": ["sh", "-c", "echo resize $CONCLAVE_INDEX; sleep 600"], "count": 9},
                           {"id": "publish", "command": ["./publish", "--site", "gallery"], "after": ["thumbnails"]}])
    park.submit("flaky", "echo no such host: mail.example.org; exit 1", attempts_max=1)
    park.submit("nightly-report", "echo 1204 rows; echo done")
    park.post("/v1/jobs", {"id": "train", "command": ["./train", "--epochs", "40"], "labels": {"gpu": "a100"}, "priority": 60})
    for i in range(4):
        park.submit(f"rotate-logs-{i}", "true", priority=20)
    park.submit("reindex", "sleep 600")


def take(browser, directory, name, scheme):
    browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.picture(os.path.join(directory, f"{name}-{scheme}.png"))


def main(arguments):
    bin_dir, directory = arguments
    flags = ("--grace", "60", "--freeze-window", "10")
    with Park(bin_dir, agents=5, slots=3, scheduler_flags=flags) as park, Browser(free_ports(1)[0], size=(1240, 1040)) as browser:
        fill(park)
        for job, phase in (("flaky", "dead"), ("nightly-report", "succeeded"), ("reindex", "running"), ("thumbnails.8", "running")):
            park.await_phase(job, phase)
        park.post("/v1/jobs/reindex/cancel")
        park.await_phase("reindex", "cancelled")
        park.post("/v1/agents/a4/drain", {"within_ms": 600000, "reason": "new disk"})
        browser.open(f"http://127.0.0.1:{park.port}/")
        browser.until("it is live", lambda: browser.text("#link") == "live" and phase_of(browser, "reindex") == "cancelled")
        for scheme in ("light", "dark"):
            take(browser, directory, "scheduler", scheme)
        browser.resize(400, 1100)
        for scheme in ("light", "dark"):
            take(browser, directory, "scheduler-narrow", scheme)
        browser.resize(1240, 900)
        for name in ("a0", "a1"):
            park.processes[name].send_signal(signal.SIGSTOP)
        browser.until("the freeze", lambda: "vanished" in browser.text("#freeze:not([hidden])"))
        take(browser, directory, "scheduler-frozen", "light")
        press(browser, "#jobs li[data-key='flaky'] .name")
        browser.until("its output", lambda: "mail.example.org" in browser.text("#detail-log"))
        take(browser, directory, "scheduler-detail", "light")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
