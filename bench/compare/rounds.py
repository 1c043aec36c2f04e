"""One round: every system's cases, one system after the other, each on a new cluster."""
import plan as plans
from cluster import ClusterFailed
from loads import LoadFailed

FILL_SECONDS = 300
FILL_CLIENTS = 64
MARGIN_SECONDS = 90


class Round:
    def __init__(self, plan, systems, directory, say):
        self.plan, self.systems, self.directory, self.say = plan, systems, directory, say

    def bound(self):
        return self.plan.seconds + self.plan.warm_up + MARGIN_SECONDS

    def fill(self, load, cluster, plan):
        case = plans.Case("fill", FILL_CLIENTS, keys=plan.keys)
        return load.run(plans.arguments(case, plan, cluster.endpoints()), cluster.pids(), FILL_SECONDS)

    def run_case(self, load, cluster, case):
        """A report, or one that has nothing but the reason why there is none."""
        arguments = plans.arguments(case, self.plan, cluster.endpoints())
        if case.workload == "recover":
            arguments += ["--pids", ",".join(str(pid) for pid in cluster.pids())]
        try:
            report = load.run(arguments, cluster.pids(), self.bound() + FILL_SECONDS * (case.keys > 0))
        except LoadFailed as failure:
            report = {"failed": str(failure)}
        report.update(case=case.name, system=cluster.name)
        self.say(f"    {case.name:22} {brief(report)}")
        return report

    def run_system(self, name):
        cases = [case for case in self.plan.cases if name in case.systems]
        if self.plan.recover:
            cases.append(plans.RECOVER)
        self.say(f"  {name}")
        with self.systems[name].cluster(self.directory) as cluster, self.systems[name].load(self.directory) as load:
            self.fill(load, cluster, self.plan)
            return [self.run_case(load, cluster, case) for case in cases]

    def run(self, number, floors):
        """`floors` are those of this moment."""
        self.say(f"round {number + 1}")
        found = {"floors": floors, "runs": [], "failures": {}}
        for name in plans.order(tuple(self.systems), number):
            try:
                found["runs"] += self.run_system(name)
            except (ClusterFailed, LoadFailed) as failure:
                self.say(f"    {name} failed: {failure}")
                found["failures"][name] = str(failure)
        return found


def brief(report):
    if "failed" in report:
        return "failed: " + report["failed"]
    rate = report["events"] / report["seconds"] if report["events"] else report["ops_per_second"]
    text = f"{rate:12,.0f}/s  p50 {report['p50_us'] / 1000:9.3f} ms  p99 {report['p99_us'] / 1000:9.3f} ms"
    return text + (f"  {report['errors']} errors" if report["errors"] else "")
