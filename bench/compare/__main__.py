"""Runs conclave, etcd and ZooKeeper side by side on this machine and prints one table.

    python3 bench/compare --quick            under five minutes
    python3 bench/compare                    everything
    python3 bench/compare --report           only the table and the chart, of results that are there
"""
import argparse
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is

import chart  # noqa: E402
import floors  # noqa: E402
import longer  # noqa: E402
import machine  # noqa: E402
import plan as plans  # noqa: E402
import processes  # noqa: E402
import programs  # noqa: E402
import results  # noqa: E402
import table  # noqa: E402
from rounds import Round  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few workloads, few keys, short intervals")
    parser.add_argument("--cases", help="comma-separated, as they are named in the table, and recover")
    parser.add_argument("--systems", default=",".join(plans.SYSTEMS), help="comma-separated (default: %(default)s)")
    parser.add_argument("--rounds", type=int, help="how often everything is repeated")
    parser.add_argument("--keys", type=int, help="keys that are there before the first workload")
    parser.add_argument("--seconds", type=float, help="length of a measured interval")
    parser.add_argument("--warm-up", type=float, help="seconds before it")
    parser.add_argument("--long", help="the longer measures, comma-separated, or none: " + ", ".join(longer.MEASURES))
    parser.add_argument("--append", action="store_true", help="add to the results that are there")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    parser.add_argument("--programs", default=os.path.join(ROOT, "build", "bin"), help="where conclave's programs are")
    parser.add_argument("--etcd", default="etcd", help="another etcd than the one on the path")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "bench"), help="where the other load programs are built")
    parser.add_argument("--data", help="directory of the members' data, on the disk to be measured (default: in the one of --build)")
    parser.add_argument("--out", help="directory of results.json, table.md and chart.svg (default: in the one of --build)")
    options = parser.parse_args(arguments)
    options.data = options.data or os.path.join(options.build, "data")
    options.out = options.out or os.path.join(options.build, "results")
    return options


def chosen_plan(options):
    plan = plans.quick() if options.quick else plans.full()
    if options.cases is not None:
        plan = plans.choose(plan, [name for name in options.cases.split(",") if name])
    return plans.override(plan, rounds=options.rounds, keys=options.keys, seconds=options.seconds, warm_up=options.warm_up)


def long_names(options, plan):
    if options.long is None:
        return list(longer.MEASURES) if plan.long_measures and options.cases is None else []
    names = [name for name in options.long.split(",") if name and name != "none"]
    unknown = [name for name in names if name not in longer.MEASURES]
    if unknown:
        raise ValueError(f"there is no measure {', '.join(unknown)}")
    return names


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure(options, plan, found):
    names = [name for name in options.systems.split(",") if name in plans.SYSTEMS]
    systems = programs.prepare(names, options.build, {"conclave": options.programs, "etcd": options.etcd})
    os.makedirs(options.data, exist_ok=True)
    found.setdefault("machine", machine.describe(options.data))
    found.setdefault("versions", {}).update({name: system.version() for name, system in systems.items()})
    chain = os.path.join(options.programs, "conclave-least-chain")
    first = len(found["rounds"])
    for number in range(first, first + (plan.rounds if plan.cases or plan.recover else 0)):
        least = floors.measure(options.data, plan.floor_seconds, chain)
        found["rounds"].append(Round(plan, systems, options.data, say).run(number, least))
        results.save(options.out, found)
    for name in long_names(options, plan):
        found["longer"] += longer.run(name, plan, systems, options.data, say)
        results.save(options.out, found)


def report(options, found):
    text = table.render(found)
    results.write(options.out, "table.md", text)
    results.write(options.out, "chart.svg", chart.render(found))
    print(text)
    say(f"results.json, table.md and chart.svg are in {os.path.relpath(options.out)}")


def main(arguments):
    options = parse(arguments)
    try:
        plan = chosen_plan(options)
        long_names(options, plan)
        found = results.load(options.out) if options.append or options.report else results.empty()
        if not options.report:
            processes.end_on_signals(plan.bound_seconds)
            measure(options, plan, found)
        report(options, found)
    except (OSError, ValueError, subprocess.SubprocessError, programs.BuildFailed) as failure:
        say(f"compare: {failure}")
        return 2
    except processes.Interrupted as interrupted:
        say(f"compare: stopped: {interrupted}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
