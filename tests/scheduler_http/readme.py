#!/usr/bin/env python3
"""Runs the five minutes of examples/scheduler/README.md, as they stand there, on three members of its own; only the ports are others.

    readme.py BIN_DIRECTORY README
"""
import os
import re
import subprocess
import sys

from park import Cluster, free_ports

BEFORE = """set -euo pipefail
trap 'kill $(jobs -p); wait' EXIT
"""
AFTER = """
[ "$(conclave-scheduler --json list | grep -o '"phase":"succeeded"' | wc -l)" = 7 ]
"""


def main(arguments):
    bin_dir, readme = arguments
    with open(readme, encoding="utf-8") as file:
        blocks = re.findall(r"^```sh\n(.*?)^```$", file.read(), re.M | re.S)
    assert blocks[0] == "./dev up\n" and len(blocks) > 4, blocks
    script = BEFORE + "".join(blocks[1:]) + AFTER
    with Cluster(os.path.join(bin_dir, "conclaved"), members=3) as cluster:
        places = dict(zip(("7400", "7410", "7420", "7480"), map(str, [*cluster.client_ports, *free_ports(1)])))
        script = re.sub(r"127\.0\.0\.1:(7400|7410|7420|7480)", lambda found: "127.0.0.1:" + places[found.group(1)], script)
        script = script.replace("$PWD/build/bin", os.path.abspath(bin_dir)).replace("conclave-scheduler api &", f"conclave-scheduler api --listen 127.0.0.1:{places['7480']} &")
        ran = subprocess.run(["bash", "-c", script], cwd=cluster.directory, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=120, check=False)
    print(ran.stdout)
    assert ran.returncode == 0, ran.returncode
    for line in ('{"jobs":["report"],"new":true}', '{"jobs":["report"],"new":false}', "element 5", '"total":6', "jobs[1].resources.slots: it is negative",
                 '{"changed":1}', "draining", 'conclave_scheduler_jobs{phase="succeeded"} 7', "conclave_scheduler_refused_reports_total 0"):
        assert line in ran.stdout, line
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
