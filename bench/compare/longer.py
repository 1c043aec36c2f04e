"""Measures that need many keys, watches or leases, or a long time: each once, on a cluster of its own for each system."""
import time

import plan as plans
import sampling
from cluster import ClusterFailed
from loads import LoadFailed
from rounds import Round, brief

FEW_KEYS, MANY_KEYS = 10_000, 1_000_000
FEW_WATCHES, MANY_WATCHES = 1, 10_000
MANY_LEASES = 100_000
MEMORY_RATE, MEMORY_SECONDS = 3_000, 30
# Members put off what a put leaves to be written, for a minute or so: a measure that is shorter counts it never or all at once. And
# their files grow for two minutes after a fill, which costs more than to write again what is there.
LONG_WARM_UP, LONG_SECONDS = 120.0, 60.0
QUIET_SECONDS, QUIET_SHARE, QUIET_PATIENCE = 2.0, 0.05, 120.0
PUT, GET = plans.Case("put", 64), plans.Case("get", 256)


class Measure:
    """One system at one measure. `at` says what there was much of."""

    def __init__(self, name, plan, cluster, load, say):
        self.name, self.plan, self.cluster, self.load = name, plan, cluster, load
        self.round = Round(plan, {}, "", say)
        self.say = say
        self.found = []

    def add(self, at, **values):
        self.found.append({"measure": self.name, "system": self.cluster.name, "at": at, **values})

    def fill(self, keys):
        self.plan = plans.override(self.plan, keys=keys)
        self.round.plan = self.plan
        self.round.fill(self.load, self.cluster, self.plan)

    def cost(self, at, cases, *extra):
        for case in cases:
            report = self.round.run_case(self.load, self.cluster, plans.with_options(case, extra))
            self.add(at, **report)

    def long_cost(self, at, case):
        plan, self.round.plan = self.round.plan, plans.override(self.plan, warm_up=LONG_WARM_UP, seconds=LONG_SECONDS)
        self.cost(at, (case,))
        self.round.plan = plan

    def settle(self):
        """Waits until the members do next to nothing: what a fill left to be written is written."""
        end = time.monotonic() + QUIET_PATIENCE
        used = QUIET_SECONDS
        while used > QUIET_SHARE * QUIET_SECONDS and time.monotonic() < end:
            before = self.processor_seconds()
            time.sleep(QUIET_SECONDS)
            used = self.processor_seconds() - before

    def processor_seconds(self):
        return sum(sampling.sample(pid).cpu_seconds for pid in self.cluster.pids())

    def resident(self):
        return [sampling.sample(pid).resident_bytes for pid in self.cluster.pids()]


def memory(measure):
    """Resident memory after the same number of operations, which a fixed rate makes equal."""
    measure.fill(FEW_KEYS)
    measure.add("fill", resident_bytes=measure.resident())
    plan = plans.override(measure.plan, seconds=MEMORY_SECONDS, warm_up=0.0)
    arguments = plans.arguments(PUT, plan, measure.cluster.endpoints()) + ["--rate", str(MEMORY_RATE)]
    report = measure.load.run(arguments, measure.cluster.pids(), MEMORY_SECONDS + 60)
    measure.add(f"{MEMORY_RATE * MEMORY_SECONDS:,} puts", resident_bytes=measure.resident(), **report)
    measure.say(f"    {brief(report)}  resident {[resident >> 20 for resident in measure.resident()]} MiB")


def keys(measure):
    """What an operation costs with few keys and with many, and how long members with many need to serve again."""
    measure.fill(FEW_KEYS)
    measure.settle()
    measure.cost(f"{FEW_KEYS:,} keys", (GET,))
    measure.long_cost(f"{FEW_KEYS:,} keys", PUT)
    measure.fill(MANY_KEYS)
    measure.cost(f"{MANY_KEYS:,} keys, just filled in", (PUT, GET))
    measure.settle()
    measure.cost(f"{MANY_KEYS:,} keys", (GET,))
    measure.long_cost(f"{MANY_KEYS:,} keys", PUT)
    measure.add(f"{MANY_KEYS:,} keys", resident_bytes=measure.resident())
    measure.cluster.stop()
    seconds = measure.cluster.start()
    measure.add("start", start_seconds=seconds)
    measure.say(f"    started again in {seconds:.2f} s")


def watches(measure):
    measure.fill(FEW_KEYS)
    for number in (FEW_WATCHES, MANY_WATCHES):
        measure.cost(f"{number:,} idle watches", (PUT,), "--idle-watches", str(number))


def leases(measure):
    measure.fill(FEW_KEYS)
    measure.cost("0 leases", (PUT,))
    measure.round.plan = plans.override(measure.plan, leases=MANY_LEASES, seconds=1.0, warm_up=0.0)
    measure.round.run_case(measure.load, measure.cluster, plans.Case("lease-renew", 64))
    measure.round.plan = measure.plan
    measure.cost(f"{MANY_LEASES:,} leases", (PUT,))


MEASURES = {"memory": memory, "keys": keys, "watches": watches, "leases": leases}
SYSTEMS = {"leases": plans.WITHOUT_LEASES}


def run(name, plan, systems, directory, say):
    say(name)
    found = []
    for system in systems:
        if system not in SYSTEMS.get(name, plans.SYSTEMS):
            continue
        say(f"  {system}")
        try:
            with systems[system].cluster(directory) as cluster, systems[system].load(directory) as load:
                measure = Measure(name, plan, cluster, load, say)
                MEASURES[name](measure)
                found += measure.found
        except (ClusterFailed, LoadFailed) as failure:
            say(f"    failed: {failure}")
            found.append({"measure": name, "system": system, "at": "", "failed": str(failure)})
    return found
