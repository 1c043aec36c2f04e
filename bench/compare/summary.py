"""From the reports of all rounds to one row for each case and system: medians over the rounds. Pure."""
import dataclasses
import statistics

METRICS = ("rate", "p50_us", "p99_us", "p999_us", "members_cpu", "load_cpu", "resident_bytes", "written_bytes")
FLUSH_AND_ECHO = ("flush_3", "echo")  # floors, as floors.py names them
CHAIN = ("chain",)
ONE_LATENCY = ("recover",)  # workloads whose figure is a time, not a rate


@dataclasses.dataclass(frozen=True)
class Row:
    case: str
    workload: str
    clients: int
    system: str
    rounds: int
    errors: int
    values: dict     # metric -> median
    ratio: tuple     # (median, least, greatest) of conclave's rate to this one's in the same round; None without conclave
    tail_ratio: tuple  # the same for this one's p99 to conclave's


def metrics(report):
    """Costs are per operation, for workloads with events per event: processor seconds per 1,000, bytes per one."""
    rate = report["events"] / report["seconds"] if report["events"] and report["seconds"] else report["ops_per_second"]
    done = rate * report["sampled_seconds"]
    members, load = report["members"], report["load"]
    return {"rate": rate, "p50_us": report["p50_us"], "p99_us": report["p99_us"], "p999_us": report["p999_us"],
            "members_cpu": 1000 * members["cpu_seconds"] / done if done else 0.0,
            "load_cpu": 1000 * load["cpu_seconds"] / done if done else 0.0,
            "resident_bytes": members["resident_bytes"], "written_bytes": report["written_bytes"] / done if done else 0.0}


def good(run):
    return "failed" not in run


def spread(values):
    """(median, least, greatest), or None of nothing."""
    return (statistics.median(values), min(values), max(values)) if values else None


def ratios(rounds, case, system, better):
    """`better(conclave, other)` for each round in which both were measured."""
    found = []
    for one in rounds:
        reports = {run["system"]: run for run in one["runs"] if run["case"] == case and good(run)}
        if "conclave" in reports and system in reports:
            value = better(metrics(reports["conclave"]), metrics(reports[system]))
            if value is not None:
                found.append(value)
    return spread(found)


def rate_ratio(conclave, other):
    return conclave["rate"] / other["rate"] if other["rate"] else None


def time_ratio(conclave, other):
    return other["p50_us"] / conclave["p50_us"] if conclave["p50_us"] else None


def tail_ratio(conclave, other):
    return other["p99_us"] / conclave["p99_us"] if conclave["p99_us"] else None


def row(rounds, case, system, runs):
    values = [metrics(run) for run in runs]
    better = time_ratio if runs[0]["workload"] in ONE_LATENCY else rate_ratio
    return Row(case, runs[0]["workload"], runs[0]["clients"], system, len(runs), sum(run["errors"] for run in runs),
               {name: statistics.median(value[name] for value in values) for name in METRICS},
               ratios(rounds, case, system, better), ratios(rounds, case, system, tail_ratio))


def rows(rounds):
    """In the order in which the cases first occur; conclave first."""
    cases = list(dict.fromkeys(run["case"] for one in rounds for run in one["runs"]))
    systems = sorted({run["system"] for one in rounds for run in one["runs"]}, key=lambda name: (name != "conclave", name))
    found = []
    for case in cases:
        for system in systems:
            runs = [run for one in rounds for run in one["runs"] if run["case"] == case and run["system"] == system and good(run)]
            if runs:
                found.append(row(rounds, case, system, runs))
    return found


def failures(rounds):
    """(system, case, why) of everything that gave no figure."""
    found = [(run["system"], run["case"], run["failed"]) for one in rounds for run in one["runs"] if not good(run)]
    return found + [(system, "all", why) for one in rounds for system, why in one.get("failures", {}).items()]


def others_share(rounds, cores):
    """What other processes took of the processors while something was measured: the median over all runs and the greatest of a round."""
    shares = []
    for one in rounds:
        runs = [run for run in one["runs"] if good(run) and "others_cpu_seconds" in run and run["sampled_seconds"]]
        if runs:
            shares.append(statistics.median(run["others_cpu_seconds"] / run["sampled_seconds"] / cores for run in runs))
    return (statistics.median(shares), max(shares)) if shares else None


def floor_medians(rounds):
    """{"flush_1": {"p50_us": ...}, ...}: medians over the rounds."""
    if not rounds:
        return {}
    return {name: {field: statistics.median(one["floors"][name][field] for one in rounds) for field in rounds[0]["floors"][name]}
            for name in rounds[0]["floors"] if all(name in one["floors"] for one in rounds)}


def over_the_floor(rounds, system, floor=FLUSH_AND_ECHO, case="put-1"):
    """p50 of a case as a multiple of the sum of some floors of the same round: one flush among three streams and one round trip."""
    found = []
    for one in rounds:
        if all(name in one["floors"] for name in floor):
            least = sum(one["floors"][name]["p50_us"] for name in floor)
            found += [run["p50_us"] / least for run in one["runs"] if run["case"] == case and run["system"] == system and good(run)]
    return spread(found)
