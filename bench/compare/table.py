"""The results as a text that is a table in Markdown too. Pure."""
import summary

COLUMNS = ("system", "workload", "clients", "rate/s", "p50 ms", "p99 ms", "p99.9 ms", "members CPU s/1,000", "load CPU s/1,000",
           "memory MiB", "disk bytes/op", "conclave: rate", "p99")


def number(value, digits=0):
    return f"{value:,.{digits}f}"


def milliseconds(microseconds):
    value = microseconds / 1000
    return number(value, 2 if value < 100 else 0)


def times(ratio):
    """A median with its range: `8.1x (7.0-9.2)`."""
    if ratio is None:
        return ""
    digits = 1 if ratio[0] >= 1 else 2
    return f"{ratio[0]:.{digits}f}x ({ratio[1]:.{digits}f}-{ratio[2]:.{digits}f})"


def cells(row):
    values = row.values
    other = row.system != "conclave"
    return (row.system, row.case.rpartition("-")[0], number(row.clients), number(values["rate"]) if row.workload not in summary.ONE_LATENCY else "",
            milliseconds(values["p50_us"]), milliseconds(values["p99_us"]), milliseconds(values["p999_us"]),
            number(values["members_cpu"], 3), number(values["load_cpu"], 3), number(values["resident_bytes"] / 2**20),
            number(values["written_bytes"]), times(row.ratio) if other else "", times(row.tail_ratio) if other else "")


def aligned(header, lines):
    """Rows of a Markdown table, padded so that it reads as a table without being rendered."""
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]

    def text(line):
        padded = [cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 2) if i < 2 else "-" * (width + 1) + ":" for i, width in enumerate(widths)) + "|"
    return "\n".join([text(header), rule, *(text(line) for line in lines)]) + "\n"


def machine_text(found):
    machine = found.get("machine")
    if not machine:
        return ""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(found.get("versions", {}).items()))
    return (f"{machine['cores']} cores ({machine['processor']}), {machine['memory_bytes'] / 2**30:.0f} GiB, Linux {machine['kernel']}, "
            f"{machine['file_system']}; {versions}; medians of {rounds_text(found['rounds'])}.\n")


def rounds_text(rounds):
    """Results that were gathered in several runs may have had different cases."""
    counts = [row.rounds for row in summary.rows(rounds)] or [0]
    return f"{min(counts)} rounds" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)} rounds"


def floors_text(rounds):
    floors = summary.floor_medians(rounds)
    if not floors:
        return ""
    lines = [(what, "", number(floors[name]["per_second"]), milliseconds(floors[name]["p50_us"]), milliseconds(floors[name]["p99_us"]))
             for name, what in (("flush_1", "write and fdatasync, one stream"), ("flush_3", "the same, each of three streams"),
                                ("echo", "round trip over loopback"),
                                ("chain", "messages and flushes of a put, and nothing else")) if name in floors]
    return aligned(("floor of the machine", "", "per second", "p50 ms", "p99 ms"), lines)


def floor_ratio_text(rounds):
    said = []
    for floor, what in ((summary.FLUSH_AND_ECHO, "one flush among three and one round trip"), (summary.CHAIN, "its messages and flushes alone")):
        ratios = [(system, summary.over_the_floor(rounds, system, floor)) for system in ("conclave", "etcd", "zookeeper")]
        if any(ratio for _, ratio in ratios):
            said.append(f"p50 of a put with one client, as a multiple of {what}: " +
                        ", ".join(f"{system} {times(ratio)}" for system, ratio in ratios if ratio) + ".\n")
    return "".join(said)


def others_text(found):
    """Kernel threads are among them, so a few percent are no disturbance."""
    share = summary.others_share(found["rounds"], found.get("machine", {}).get("cores", 1))
    if share is None:
        return ""
    return f"Others took {100 * share[0]:.0f} % of the processors meanwhile (median of the rounds; at most {100 * share[1]:.0f} %).\n"


def failures_text(rounds):
    lines = [f"- {system}, {case}: {why}" for system, case, why in summary.failures(rounds)]
    return "Not measured:\n" + "\n".join(lines) + "\n" if lines else ""


def longer_value(one):
    if "failed" in one:
        return ("failed", "", "", "", one["failed"])
    if "start_seconds" in one:
        return ("three members healthy again", "", "", "", number(one["start_seconds"], 2) + " s")
    memory = "" if "resident_bytes" not in one else " / ".join(number(value / 2**20) for value in one["resident_bytes"])
    if "ops_per_second" not in one:
        return ("resident memory of the members", "", "", "", memory + " MiB")
    values = summary.metrics(one)
    return (one.get("case", one["workload"]), number(values["rate"]), milliseconds(values["p50_us"]), number(values["members_cpu"], 3),
            memory + " MiB" if memory else "")


def longer_text(found):
    if not found:
        return ""
    lines = [(one["measure"], one["system"], one["at"], *longer_value(one)) for one in found]
    return aligned(("measure", "system", "with", "what", "rate/s", "p50 ms", "members CPU s/1,000", "result"), lines)


def render(found):
    rounds = found["rounds"]
    rows = summary.rows(rounds)
    parts = [machine_text(found), floors_text(rounds), aligned(COLUMNS, [cells(row) for row in rows]) if rows else "",
             floor_ratio_text(rounds), others_text(found), failures_text(rounds), longer_text(found["longer"])]
    return "\n".join(part for part in parts if part)
