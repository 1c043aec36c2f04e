#!/usr/bin/env python3
"""The pure parts of bench/compare, and that what it starts does not outlive it."""
import os
import pathlib
import signal
import subprocess
import sys
import time
import types
import unittest
import xml.dom.minidom

sys.dont_write_bytecode = True
COMPARE = pathlib.Path(__file__).resolve().parents[2] / "bench" / "compare"
sys.path.insert(0, str(COMPARE))

import chart  # noqa: E402
import floors  # noqa: E402
import longer  # noqa: E402
import plan as plans  # noqa: E402
import processes  # noqa: E402
import results  # noqa: E402
import sampling  # noqa: E402
import summary  # noqa: E402
import table  # noqa: E402

FLOORS = {"flush_1": {"per_second": 4000, "p50_us": 250, "p99_us": 400}, "flush_3": {"per_second": 2000, "p50_us": 480, "p99_us": 900},
          "echo": {"per_second": 50000, "p50_us": 20, "p99_us": 60}}


def report(system, rate, case="put-64", **changes):
    base = {"system": system, "case": case, "workload": case.rpartition("-")[0], "clients": int(case.rpartition("-")[2]), "connections": 8,
            "seconds": 2.0, "operations": int(2 * rate), "errors": 0, "ops_per_second": rate, "p50_us": 1e6 / rate, "p90_us": 2e6 / rate,
            "p99_us": 4e6 / rate, "p999_us": 5e6 / rate, "p9999_us": 6e6 / rate, "max_us": 7e6 / rate, "events": 0, "extra": {},
            "sampled_seconds": 2.0, "sampled_exactly": True, "members": {"cpu_seconds": 1.0, "resident_bytes": 50 << 20},
            "load": {"cpu_seconds": 0.5, "resident_bytes": 10 << 20}, "written_bytes": 1000 * int(2 * rate)}
    return {**base, **changes}


def round_of(*runs, failures=None):
    return {"floors": FLOORS, "runs": list(runs), "failures": failures or {}}


class Plans(unittest.TestCase):
    def test_each_system_is_first_in_turn(self):
        firsts = [plans.order(plans.SYSTEMS, number)[0] for number in range(4)]
        self.assertEqual(firsts, ["conclave", "etcd", "zookeeper", "conclave"])
        self.assertEqual(sorted(plans.order(plans.SYSTEMS, 2)), sorted(plans.SYSTEMS))

    def test_names_of_cases_are_unique(self):
        names = [case.name for case in plans.FULL]
        self.assertEqual(len(names), len(set(names)))

    def test_every_quick_case_is_in_the_full_plan_too(self):
        self.assertLessEqual({case.name for case in plans.QUICK}, {case.name for case in plans.FULL})

    def test_an_unknown_case_is_refused_by_name(self):
        with self.assertRaisesRegex(ValueError, "no case putt-1"):
            plans.choose(plans.quick(), ["putt-1"])

    def test_chosen_cases_replace_those_of_the_plan(self):
        chosen = plans.choose(plans.full(), ["lock-10", "recover"])
        self.assertEqual([case.name for case in chosen.cases], ["lock-10"])
        self.assertTrue(chosen.recover)

    def test_the_quick_plan_fits_into_five_minutes(self):
        plan = plans.quick()
        start_fill_stop = 7
        busy = sum(len(case.systems) * (plan.seconds + plan.warm_up + 0.3) for case in plan.cases) + len(plans.SYSTEMS) * start_fill_stop
        self.assertLess(plan.rounds * (busy + 4 * plan.floor_seconds), 300)

    def test_keys_that_are_there_are_not_filled_again(self):
        arguments = plans.arguments(plans.Case("get", 4), plans.quick(), ["a:1", "b:2"])
        self.assertIn("--no-fill", arguments)
        self.assertEqual(arguments[arguments.index("--endpoints") + 1], "a:1,b:2")
        self.assertNotIn("--no-fill", plans.arguments(plans.Case("put-large", 4, keys=10), plans.quick(), ["a:1"]))


class Samples(unittest.TestCase):
    def test_a_process_whose_name_contains_parentheses_is_read(self):
        stat = "12 (a) b) c) S " + " ".join(str(number) for number in range(4, 53))
        self.assertEqual(sampling.parse_stat(stat), (14 + 15) / sampling.TICKS_PER_SECOND)

    def test_a_named_number_is_found(self):
        self.assertEqual(sampling.parse_named("VmPeak:  10 kB\nVmRSS:\t  42 kB\n", "VmRSS"), 42)
        self.assertEqual(sampling.parse_named("", "VmRSS"), 0)

    def test_sectors_of_the_right_device_are_counted(self):
        text = " 254 0 vda 1 0 8 0 2 0 100 0 0 0 0\n 254 1 vda1 1 0 8 0 2 0 7 0 0 0 0\n"
        self.assertEqual(sampling.parse_diskstats(text, 254, 1), 7 * 512)
        self.assertIsNone(sampling.parse_diskstats(text, 8, 0))

    def test_waiting_and_idling_is_not_busy(self):
        text = "cpu  100 1 20 5000 400 3 4 5 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
        self.assertEqual(sampling.parse_busy(text), 133 / sampling.TICKS_PER_SECOND)

    def test_memory_of_several_processes_is_that_of_the_largest(self):
        both = sampling.total([sampling.Sample(1.0, 10), sampling.Sample(2.0, 30)])
        self.assertEqual(both, sampling.Sample(3.0, 30))

    def test_this_process_can_be_sampled_and_one_that_ended_is_empty(self):
        self.assertGreater(sampling.sample(os.getpid()).resident_bytes, 1 << 20)
        ended = subprocess.Popen(["true"])
        ended.wait()
        self.assertEqual(sampling.sample(ended.pid), sampling.Sample())


class Summaries(unittest.TestCase):
    def test_the_ratio_is_the_median_of_the_ratios_within_the_rounds(self):
        rounds = [round_of(report("conclave", 800), report("etcd", 100)), round_of(report("conclave", 80), report("etcd", 20)),
                  round_of(report("conclave", 300), report("etcd", 50))]
        etcd = next(row for row in summary.rows(rounds) if row.system == "etcd")
        self.assertEqual(etcd.ratio, (6.0, 4.0, 8.0))
        self.assertEqual(etcd.values["rate"], 50)
        self.assertEqual(etcd.rounds, 3)

    def test_a_slower_conclave_shows_as_a_ratio_below_one(self):
        rows = summary.rows([round_of(report("conclave", 50), report("etcd", 100))])
        self.assertEqual(rows[1].ratio[0], 0.5)
        self.assertEqual(rows[1].tail_ratio[0], 0.5)

    def test_rounds_without_conclave_give_rows_without_ratios(self):
        rows = summary.rows([round_of(report("etcd", 100))])
        self.assertIsNone(rows[0].ratio)

    def test_what_failed_is_listed_and_not_counted(self):
        rounds = [round_of(report("conclave", 100), {"system": "etcd", "case": "put-64", "failed": "no leader"}, failures={"zookeeper": "gone"})]
        self.assertEqual([row.system for row in summary.rows(rounds)], ["conclave"])
        self.assertEqual(summary.failures(rounds), [("etcd", "put-64", "no leader"), ("zookeeper", "all", "gone")])

    def test_events_are_the_rate_of_a_workload_that_has_them(self):
        values = summary.metrics(report("etcd", 100, case="watch-10", events=2000))
        self.assertEqual(values["rate"], 1000)
        self.assertEqual(values["members_cpu"], 0.5)

    def test_costs_count_over_the_sampled_time(self):
        values = summary.metrics(report("etcd", 100, sampled_seconds=4.0))
        self.assertEqual(values["members_cpu"], 1000 * 1.0 / 400)

    def test_recovery_compares_times(self):
        rounds = [round_of(report("conclave", 1, case="recover-8", p50_us=100_000.0), report("etcd", 900, case="recover-8", p50_us=1_500_000.0))]
        self.assertEqual(summary.rows(rounds)[1].ratio[0], 15.0)

    def test_what_others_took_is_the_median_of_a_round(self):
        rounds = [round_of(*(report("etcd", 100, others_cpu_seconds=seconds) for seconds in (0.4, 0.0, 0.8))), round_of(report("etcd", 100))]
        self.assertEqual(summary.others_share(rounds, 2), (0.1, 0.1))
        self.assertIsNone(summary.others_share(rounds[1:], 2))

    def test_the_floor_is_one_flush_among_three_and_one_round_trip(self):
        rounds = [round_of(report("conclave", 1000, case="put-1", p50_us=750.0))]
        self.assertEqual(summary.over_the_floor(rounds, "conclave"), (1.5, 1.5, 1.5))
        self.assertIsNone(summary.over_the_floor(rounds, "etcd"))

    def test_the_least_chain_is_a_floor_where_it_was_measured(self):
        older = round_of(report("conclave", 1000, case="put-1", p50_us=750.0))
        newer = {**older, "floors": {**FLOORS, "chain": {"per_second": 2000, "p50_us": 500, "p99_us": 900}}}
        self.assertEqual(summary.over_the_floor([older, newer], "conclave", summary.CHAIN), (1.5, 1.5, 1.5))
        self.assertIsNone(summary.over_the_floor([older], "conclave", summary.CHAIN))
        self.assertNotIn("chain", summary.floor_medians([newer, older]))
        self.assertIn("its messages and flushes alone: conclave 1.5x", table.floor_ratio_text([newer]))
        self.assertNotIn("alone", table.floor_ratio_text([older]))


class Texts(unittest.TestCase):
    found = {"rounds": [round_of(report("conclave", 8000), report("etcd", 1000), report("zookeeper", 500, case="watch-1000", events=90))],
             "longer": [{"measure": "keys", "system": "etcd", "at": "start", "start_seconds": 1.5},
                        {"measure": "keys", "at": "10,000 keys", **report("etcd", 100)},
                        {"measure": "memory", "system": "etcd", "at": "fill", "resident_bytes": [1 << 20, 2 << 20, 3 << 20]},
                        {"measure": "leases", "system": "etcd", "at": "", "failed": "no leader"}],
             "machine": {"cores": 2, "processor": "A <fast> one", "memory_bytes": 8 << 30, "kernel": "6.1", "file_system": "ext4"},
             "versions": {"etcd": "3"}}

    def test_every_line_of_a_table_has_the_same_width_and_columns(self):
        lines = table.aligned(("a", "b", "c"), [("1", "22", "333"), ("4444", "5", "6")]).splitlines()
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertEqual({line.count("|") for line in lines}, {4})

    def test_the_text_names_ratios_failures_and_longer_measures(self):
        text = table.render(self.found)
        for part in ("8.0x (8.0-8.0)", "2 cores", "1.50 s", "1 / 2 / 3 MiB", "no leader"):
            self.assertIn(part, text)

    def test_no_results_are_no_error(self):
        self.assertEqual(table.render(results.empty()), "")
        xml.dom.minidom.parseString(chart.render(results.empty()))

    def test_the_chart_is_well_formed_and_has_a_bar_for_each_row(self):
        document = xml.dom.minidom.parseString(chart.render(self.found))
        colours = [one.getAttribute("fill") for one in document.getElementsByTagName("rect")]
        self.assertEqual(colours.count(chart.COLOURS["conclave"]), 2)  # its bar and its place in the legend

    def test_the_axis_encloses_all_values(self):
        self.assertEqual(chart.decades([5, 250]), (0, 3))
        self.assertAlmostEqual(chart.position(1000, 0, 3), chart.WIDTH - chart.RIGHT)

    def test_longer_measures_are_known_by_name(self):
        self.assertEqual(set(longer.SYSTEMS) - set(longer.MEASURES), set())

    def test_a_longer_measure_keeps_what_was_found_of_its_system(self):
        measure = longer.Measure("keys", plans.quick(), types.SimpleNamespace(name="etcd"), load=None, say=print)
        measure.add("ten keys", start_seconds=1.5)
        self.assertEqual(measure.found, [{"measure": "keys", "system": "etcd", "at": "ten keys", "start_seconds": 1.5}])


class Processes(unittest.TestCase):
    def test_ports_are_different(self):
        ports = processes.free_ports(9)
        self.assertEqual(len(set(ports)), 9)

    def test_what_was_started_dies_with_its_parent_even_when_that_is_killed(self):
        program = ("import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True; import processes\n"
                   "print(processes.start(['sleep', '60']).pid, flush=True); sys.stdin.read()")
        parent = subprocess.Popen([sys.executable, "-c", program, str(COMPARE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with parent:
            child = int(parent.stdout.readline())
            parent.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while alive(child) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertFalse(alive(child))

    def test_a_process_that_does_not_want_to_end_is_made_to(self):
        stubborn = processes.start([sys.executable, "-c", "import signal, sys\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(flush=True)\n"
                                    "signal.pause()"], stdout=subprocess.PIPE)
        with stubborn.stdout:
            stubborn.stdout.readline()
            processes.stop_all([stubborn], seconds=0.1)
        self.assertEqual(stubborn.returncode, -signal.SIGKILL)

    def test_the_echo_floor_is_measured_between_two_processes(self):
        self.assertGreater(floors.echo_floor(0.05)["per_second"], 0)


def alive(pid):
    """Whether it still runs; one that has ended and waits to be collected does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()
