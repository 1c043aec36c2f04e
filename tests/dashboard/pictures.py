#!/usr/bin/env python3
"""Pictures of the dashboard for the documentation, in light and dark, of three members under a little load after their leader was killed.

    pictures.py CONCLAVED DIRECTORY
"""
import math
import os
import sys
import time

from browser import Cluster, Browser, fill, free_ports, put

SECONDS = 60


def load(cluster, writer, until):
    """Writes in waves."""
    number = 0
    while time.monotonic() < until:
        number += 1
        put(cluster, writer, f"app/jobs/{number % 40:02}", f"done {number}")
        time.sleep(0.01 + 0.02 * (1 + math.sin(time.monotonic() / 4)))


def take(browser, directory):
    for scheme in ("light", "dark"):
        browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.picture(os.path.join(directory, f"dashboard-{scheme}.png"))


def main(arguments):
    conclaved, directory = arguments
    with Cluster(conclaved) as cluster, Browser(free_ports(1)[0], size=(1200, 1420)) as browser:
        leader = cluster.await_leader()
        own, writer = (leader + 1) % 3, (leader + 2) % 3
        fill(cluster, leader)
        browser.open(f"http://127.0.0.1:{cluster.http_ports[own]}/ui")
        load(cluster, writer, time.monotonic() + SECONDS / 2)
        cluster.kill(leader)
        cluster.await_leader()
        load(cluster, writer, time.monotonic() + SECONDS / 4)
        browser.run("document.getElementById('prefix').value = 'app/'; document.getElementById('browse').requestSubmit();")
        browser.until("the listing", lambda: "live" in browser.text("#keys-state"))
        browser.run("document.getElementById('key-list').focus()")
        browser.keys(*["\ue015"] * 8)
        load(cluster, writer, time.monotonic() + SECONDS / 4)
        browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
        take(browser, directory)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
