"""What is measured, in which order. Pure."""
import dataclasses

SYSTEMS = ("conclave", "etcd", "zookeeper")
CONNECTIONS = 8


@dataclasses.dataclass(frozen=True)
class Case:
    """One workload with one number of clients; the name stands in the table and in --cases."""
    workload: str
    clients: int
    keys: int = 0       # 0: as many as were filled in
    options: tuple = ()
    systems: tuple = SYSTEMS
    title: str = ""     # when it is not the workload's name

    @property
    def name(self):
        return f"{self.title or self.workload}-{self.clients}"


WITHOUT_LEASES = ("conclave", "etcd")  # ZooKeeper has sessions only, one to a connection
STREAM = Case("watch", 1000, options=("--in-flight", "16"), title="watch-stream")  # the writer does not wait for each of its writes
QUICK = (
    Case("put", 1), Case("put", 64), Case("put", 256), Case("get", 256), Case("lease-grant", 64, systems=WITHOUT_LEASES),
    Case("lock", 10), Case("watch", 1000), STREAM,
)
FULL = (
    Case("put", 1), Case("put", 64), Case("put", 256), Case("put-large", 64, keys=1000, options=("--prefix", "large/")),
    Case("get", 1), Case("get", 64), Case("get", 256), Case("get-serializable", 256), Case("mixed", 256),
    Case("cas", 64), Case("cas-contended", 64), Case("txn", 64),
    Case("lease-grant", 64, systems=WITHOUT_LEASES), Case("lease-renew", 64, systems=WITHOUT_LEASES),
    Case("lock", 10), Case("lock", 50), Case("lock", 200), Case("watch", 1), Case("watch", 1000), STREAM,
    Case("range", 8, systems=WITHOUT_LEASES),  # ZooKeeper cannot read a range
)
RECOVER = Case("recover", 8)  # kills a member: the last of a round
RECOVER_SECONDS = 8.0  # etcd may need two elections of up to 2 s


@dataclasses.dataclass(frozen=True)
class Plan:
    cases: tuple
    rounds: int
    keys: int
    leases: int
    seconds: float
    warm_up: float
    floor_seconds: float
    recover: bool
    long_measures: bool
    bound_seconds: int  # after which everything is stopped


def quick():
    return Plan(QUICK, rounds=5, keys=10_000, leases=10_000, seconds=1.0, warm_up=0.3, floor_seconds=0.5, recover=False, long_measures=False,
                bound_seconds=600)


def full():
    return Plan(FULL, rounds=5, keys=100_000, leases=100_000, seconds=4.0, warm_up=1.0, floor_seconds=1.0, recover=True, long_measures=True,
                bound_seconds=3 * 3600)


def choose(plan, names):
    """The plan with only the named cases."""
    known = {case.name: case for case in FULL + QUICK}
    unknown = [name for name in names if name not in known and name != "recover"]
    if unknown:
        raise ValueError(f"there is no case {', '.join(unknown)}; there are {', '.join(sorted(known))} and recover")
    cases = tuple(known[name] for name in names if name in known)
    return dataclasses.replace(plan, cases=cases, recover="recover" in names)


def order(systems, number):
    """The systems take turns in being first."""
    turn = number % len(systems)
    return systems[turn:] + systems[:turn]


def arguments(case, plan, endpoints):
    """Of a load program; they all understand the same ones."""
    words = ["--endpoints", ",".join(endpoints), "--workload", case.workload, "--clients", case.clients, "--connections", CONNECTIONS,
             "--duration", max(plan.seconds, RECOVER_SECONDS) if case.workload == "recover" else plan.seconds, "--warm-up", plan.warm_up, "--keys", case.keys or plan.keys, "--leases", plan.leases, "--json"]
    if not case.keys:
        words.append("--no-fill")
    return [str(word) for word in words + list(case.options)]


def override(plan, **given):
    """The plan with those values that are not None."""
    return dataclasses.replace(plan, **{name: value for name, value in given.items() if value is not None})


def with_options(case, words):
    return dataclasses.replace(case, options=case.options + tuple(words))
