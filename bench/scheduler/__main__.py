"""How fast a scheduler gives work away, and what an agent costs the store: three members on this machine, a scheduler and agents with clients,
leases and watches of their own, whose runs only let time pass. Prints two tables.

Assign: from the change that made an assignment possible (a submission, a report) to the store's answer to the assignment. Turnaround: from the
end of a run to the start of the next one in its place: report, assignment and acceptance, one after the other. The cost of an agent is the
difference of the members' own counters over a time without work and over the work.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "compare"))
import cluster  # noqa: E402
import conclave  # noqa: E402
import processes  # noqa: E402

COUNTED = {"requests": "conclave_requests_total", "commands": "conclave_commands_proposed_total", "revision": "conclave_revision",
           "events": "conclave_watch_events_total"}


class WithMetrics(conclave.Conclave):
    ports_per_member = 3
    fleets = 0

    def command(self, number):
        return super().command(number) + ["--listen-http", f"127.0.0.1:{self.ports[number][2]}"]

    def sums(self):
        """The members' counters, added up; the revision is the highest."""
        found = dict.fromkeys(COUNTED, 0.0)
        for number in range(cluster.MEMBERS):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[number][2]}/metrics", timeout=5) as answer:
                page = answer.read().decode()
            for line in page.splitlines():
                name, _, value = line.rpartition(" ")
                for what, metric in COUNTED.items():
                    if name.partition("{")[0] == metric:
                        found[what] = max(found[what], float(value)) if what == "revision" else found[what] + float(value)
        return found


def run(members, options, agents, jobs, rest):
    """One life of a fleet: what it told, and what the members counted while it rested and while it worked."""
    members.fleets += 1
    command = [members.program("conclave-scheduler-bench"), "--endpoints", ",".join(members.endpoints()), "--name", f"fleet{members.fleets}",
               "--agents", str(agents), "--jobs", str(jobs), "--rest", str(rest), "--slots", str(options.slots), "--work-ms", str(options.work_ms),
               "--ttl", str(options.ttl)]
    process = processes.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        seen = {}
        for moment in ("ready", "rested", "done"):
            if process.stdout.readline() != moment + "\n":
                raise cluster.ClusterFailed(f"conclave-scheduler-bench: {process.stderr.read()}")
            seen[moment] = members.sums()
            process.stdin.write("\n")
            process.stdin.flush()
        out, why = process.communicate(timeout=120)
        if process.returncode != 0:
            raise cluster.ClusterFailed(f"conclave-scheduler-bench: {out} {why}")
    finally:
        processes.kill_all([process])
    spent = {part: {what: seen[end][what] - seen[begin][what] for what in COUNTED}
             for part, begin, end in (("rest", "ready", "rested"), ("work", "rested", "done"))}
    return json.loads(out), spent


def speed(members, options):
    print(f"{options.jobs} jobs of {options.work_ms:g} ms queued at once, {options.agents} agents with {options.slots} slots\n")
    print("| round | assign p50, p99 | turnaround p50, p99 | jobs/s | rounds of the scheduler |")
    print("|---|---|---|---|---|")
    every = []
    for number in range(options.rounds):
        told, _ = run(members, options, options.agents, options.jobs, 0)
        every.append(told)
        print(f"| {number + 1} | {told['assign_p50_ms']:.1f}, {told['assign_p99_ms']:.1f} ms | {told['turnaround_p50_ms']:.1f}, "
              f"{told['turnaround_p99_ms']:.1f} ms | {told['jobs'] / told['seconds']:.0f} | {told['rounds']} |", flush=True)
    middle = {what: statistics.median(told[what] for told in every) for what in every[0]}
    print(f"\nmedians: assign {middle['assign_p50_ms']:.1f} and {middle['assign_p99_ms']:.1f} ms, {middle['jobs'] / middle['seconds']:.0f} jobs/s\n")


def cost(members, options):
    print(f"{options.rest:g} s without work, leases of {options.ttl:g} s; then {options.cost_jobs} jobs\n")
    print("| agents | at rest, an agent and second: requests | log entries | changes of keys | events | at work, a job: requests | changes of keys | events |")
    print("|---|---|---|---|---|---|---|---|")
    for agents in options.fleets:
        _, spent = run(members, options, agents, options.cost_jobs, options.rest)
        rest = {what: value / options.rest / agents for what, value in spent["rest"].items()}
        work = {what: value / options.cost_jobs for what, value in spent["work"].items()}
        print(f"| {agents} | {rest['requests']:.3f} | {rest['commands']:.3f} | {rest['revision']:.3f} | {rest['events']:.3f} | {work['requests']:.2f} | "
              f"{work['revision']:.2f} | {work['events']:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="bench scheduler", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--slots", type=int, default=4, help="of each agent")
    parser.add_argument("--work-ms", type=float, default=50, help="how long a run lasts")
    parser.add_argument("--ttl", type=float, default=10, help="seconds of the agents' leases")
    parser.add_argument("--fleets", type=int, nargs="*", default=[10, 50, 100], help="agents, to see what one more costs")
    parser.add_argument("--rest", type=float, default=20, help="seconds without work")
    parser.add_argument("--cost-jobs", type=int, default=500)
    parser.add_argument("--programs", default="build/bin")
    options = parser.parse_args()
    processes.end_on_signals(options.rounds * 150 + len(options.fleets) * (options.rest + 150) + 60)
    with tempfile.TemporaryDirectory(prefix="conclave-bench-") as directory, WithMetrics(directory, options.programs) as members:
        if options.rounds > 0:
            speed(members, options)
        cost(members, options)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (processes.Interrupted, cluster.ClusterFailed) as why:
        sys.exit(f"bench scheduler: {why}")
