#!/usr/bin/env python3
"""An agent is stopped for longer than its lease while it has work, and goes on then: its work has gone to another, its late report is refused, and /metrics
counts it; also after the agent ended.

    refused.py BIN_DIRECTORY
"""
import signal
import sys

from park import Park, until

SAMPLE = 'conclave_scheduler_agent_refused_reports_total{agent="%s"}'


def main(arguments):
    with Park(arguments[0], agents=2, slots=1, scheduler_flags=("--grace", "1")) as park:
        assert park.metric("conclave_scheduler_refused_reports_total") == 0
        park.submit("slow", "sleep 1000")
        park.await_phase("slow", "running")
        first = park.job("slow")["agent"]
        park.processes[first].send_signal(signal.SIGSTOP)
        until("it is gone", lambda: park.agents().get(first, {}).get("state") in ("suspect", "lost"))
        until("its work goes to another", lambda: park.job("slow")["agent"] != first and park.job("slow")["phase"] == "running")
        park.processes[first].send_signal(signal.SIGCONT)
        until("its late report is counted", lambda: (park.metric(SAMPLE % first) or 0) >= 1)
        job = park.job("slow")
        assert job["phase"] == "running" and job["agent"] != first, job
        assert park.agents()[first]["refused"] >= 1 and park.metric("conclave_scheduler_refused_reports_total") >= 1
        counted = park.metric(SAMPLE % first)
        park.kill(first, signal.SIGTERM)
        until("it has gone", lambda: park.agents().get(first, {}).get("state") not in ("ready", "leaving"))
        assert park.metric(SAMPLE % first) == counted, "the count outlives the agent"
        print(f"refused and counted: {counted:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
