"""What a crowd of HTTP clients costs the clients of the binary protocol: three members on this machine, puts at a fixed rate measured in turns
without and with a thousand long polls and two hundred streams that wait for a key which is written meanwhile. Prints one table.

The p99 of the puts with the crowd, divided by the one just before without, is one ratio; the median over the rounds is what counts.

Three members, the binary clients and the crowd share the processors of one machine, as they would not in earnest. So that what members do is
measured and not how a kernel divides two processors among five programs, the members run with --realtime, the binary clients with a real-time
priority too, and the crowd takes what is left. `--shared` leaves all of that out.
"""
import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "compare"))
import cluster  # noqa: E402
import conclave  # noqa: E402
import processes  # noqa: E402


class WithHttp(conclave.Conclave):
    ports_per_member = 3

    def __init__(self, directory, programs, flags):
        self.flags = flags
        super().__init__(directory, programs)

    def command(self, number):
        return super().command(number) + ["--listen-http", self.http(number), *self.flags]

    def http(self, number):
        return f"127.0.0.1:{self.ports[number][2]}"

    def roles(self):
        """The numbers of the leader and of a follower."""
        for number in range(cluster.MEMBERS):
            with urllib.request.urlopen(f"http://{self.http(number)}/v3/maintenance/status", b"{}", timeout=5) as answer:
                status = json.load(answer)
            if status["leader"] == status["header"]["member_id"]:
                return number, (number + 1) % cluster.MEMBERS
        raise cluster.ClusterFailed("nobody leads")


def resident(pids):
    pages = 0
    for pid in pids:
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
            pages += int(statm.read().split()[1])
    return pages * 4096


def processor_seconds(pids):
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


def as_from_elsewhere():
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def put(members, options):
    command = [members.program("conclave-bench"), "put", "--endpoints", ",".join(members.endpoints()), "--clients", str(options.clients),
               "--rate", str(options.put_rate), "--duration", str(options.seconds), "--warm-up", "1", "--keys", "1000", "--prefix", "puts/", "--json"]
    before = processor_seconds(members.pids())
    ran = subprocess.run(command, capture_output=True, text=True, timeout=options.seconds + 30, check=False,
                         preexec_fn=None if options.shared else as_from_elsewhere)
    if ran.returncode != 0:
        raise cluster.ClusterFailed(f"conclave-bench: {ran.stderr}")
    return {**json.loads(ran.stdout), "members_cpu": (processor_seconds(members.pids()) - before) / (options.seconds + 1)}


@contextlib.contextmanager
def crowd(members, options, told):
    where = {"leader": [members.roles()[0]], "follower": [members.roles()[1]], "all": range(cluster.MEMBERS)}[options.at]
    command = [sys.executable, str(HERE / "waiters.py"), "--endpoints", ",".join(members.http(i) for i in where), "--polls", str(options.polls),
               "--v2-streams", str(options.streams // 2), "--v3-streams", str(options.streams - options.streams // 2), "--rate",
               str(options.rate), "--duration", str(options.seconds + 2)] + ([] if options.shared else ["--idle"])
    process = processes.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline() != "ready\n":
            raise cluster.ClusterFailed(f"waiters: {process.stderr.read()}")
        yield
        out, why = process.communicate(timeout=60)
        if process.returncode != 0:
            raise cluster.ClusterFailed(f"waiters: {out} {why}")
        told.update(json.loads(out))
    finally:
        processes.kill_all([process])


def run_round(members, options):
    alone = put(members, options)
    told = {}
    with crowd(members, options, told):
        beside = put(members, options)
        told["resident"] = resident(members.pids())
    return alone, beside, told


def may_take_priority():
    probe = subprocess.run([sys.executable, "-c", "import os; os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))"], stderr=subprocess.DEVNULL, check=False)
    if probe.returncode != 0:
        raise cluster.ClusterFailed("no real-time priority for this user: run it as root, raise `ulimit -r`, or measure with --shared")


def millis(outcome, percentile):
    return outcome[percentile + "_us"] / 1000


def main():
    parser = argparse.ArgumentParser(prog="bench http", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--polls", type=int, default=1000)
    parser.add_argument("--streams", type=int, default=200, help="half of them of v2, half of v3")
    parser.add_argument("--rate", type=float, default=10, help="writes in a second of the key that everybody waits for")
    parser.add_argument("--clients", type=int, default=16, help="of the binary protocol")
    parser.add_argument("--put-rate", type=float, default=1000, help="puts in a second, each of another key that nobody watches; 0: as many as can be")
    parser.add_argument("--at", choices=("leader", "follower", "all"), default="all", help="where the crowd is")
    parser.add_argument("--shared", action="store_true", help="everybody competes for the processors with the same priority")
    parser.add_argument("--programs", default="build/bin")
    options = parser.parse_args()
    processes.end_on_signals(options.rounds * (2 * options.seconds + 30) + 60)
    if not options.shared:
        may_take_priority()
    ratios = []
    with tempfile.TemporaryDirectory(prefix="conclave-bench-") as directory, WithHttp(directory, options.programs, [] if options.shared else ["--realtime"]) as members:
        put(members, options)
        print(f"{options.polls} long polls and {options.streams} streams at {options.at}, {options.rate:g} writes/s that concern all of them; "
              f"{options.clients} binary clients, {options.put_rate:g} puts/s\n")
        print("| round | p50 without, with | p99 without, with | ratio of p99 | members' cpu | changes heard (missed) | heard after p50, p99 | members' memory |")
        print("|---|---|---|---|---|---|---|---|")
        for number in range(options.rounds):
            alone, beside, told = run_round(members, options)
            ratios.append(millis(beside, 'p99') / millis(alone, 'p99'))
            print(f"| {number + 1} | {millis(alone, 'p50'):.2f}, {millis(beside, 'p50'):.2f} ms | {millis(alone, 'p99'):.2f}, {millis(beside, 'p99'):.2f} ms | "
                  f"{ratios[-1]:.2f} | {alone['members_cpu']:.2f}, {beside['members_cpu']:.2f} | {told['heard']} ({told['missed']}) | "
                  f"{told['p50_ms']:.0f}, {told['p99_ms']:.0f} ms | {told['resident'] >> 20} MiB |", flush=True)
    print(f"\nmedian of the ratios: {statistics.median(ratios):.2f}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (processes.Interrupted, cluster.ClusterFailed) as why:
        sys.exit(f"bench http: {why}")
