#!/usr/bin/env python3
"""What a running member's metrics say is what happened to it: each is looked at before and after something that it counts.

    values.py CONCLAVED
"""
import contextlib
import http.client
import json
import pathlib
import re
import socket
import sys
import time
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "gateway"))
from cluster import Cluster  # noqa: E402
from live import coded, get  # noqa: E402
from transcripts import Stream  # noqa: E402

WRITES = 10


class Member:
    def __init__(self, cluster, i):
        self.cluster, self.i = cluster, i
        self.port, self.client_port = cluster.http_ports[i], cluster.client_ports[i]

    def metrics(self):
        page = get(f"http://127.0.0.1:{self.port}/metrics")
        return {name: float(value) for name, value in re.findall(r"^([^#\s].*) (\S+)$", page, re.M)}

    def call(self, path, body):
        return self.cluster.call(self.i, path, body)


@contextlib.contextmanager
def grows(member, **at_least):
    """Within this, each of the metrics grows by so much."""
    before = member.metrics()
    yield
    until = time.monotonic() + 15
    while True:
        now = member.metrics()
        missing = {name: (before.get(name, 0), now.get(name, 0)) for name, by in at_least.items() if now.get(name, 0) < before.get(name, 0) + by}
        if not missing:
            return
        assert time.monotonic() < until, f"wanted {at_least}; before and after: {missing}"
        time.sleep(0.1)


def check_writes(member):
    kind = 'kind="write"'
    with grows(member, **{f'conclave_requests_total{{{kind},outcome="ok"}}': WRITES, f"conclave_request_seconds_count{{{kind}}}": WRITES,
                          "conclave_keys": WRITES, "conclave_revision": WRITES, "conclave_commands_applied_total": WRITES,
                          "conclave_commands_proposed_total": WRITES, "conclave_raft_proposals_total": 1, "conclave_raft_committed_index": 1,
                          "conclave_raft_applied_index": 1, "conclave_raft_durable_index": 1, "conclave_raft_last_index": 1,
                          "conclave_disk_flush_seconds_count": 1, "conclave_log_write_seconds_count": 1, "conclave_commit_seconds_count": 1,
                          "conclave_loop_pass_seconds_count": WRITES, "conclave_log_written_bytes_total": 10_000 * WRITES,
                          "conclave_data_bytes": 10_000 * WRITES, "conclave_history_window_bytes": 10_000 * WRITES,
                          "conclave_frames_sent_total": 1, "conclave_sent_bytes_total": 10_000 * WRITES, "conclave_scrape_seconds_count": 1,
                          'conclave_http_replies_total{status="2xx"}': WRITES, "conclave_http_requests_total": WRITES,
                          "conclave_http_received_bytes_total": 10_000 * WRITES, "process_cpu_seconds_total": 0}):
        for number in range(WRITES):
            member.call("/v3/kv/put", {"key": coded(f"values/{number}"), "value": coded("v" * 10_000)})
    page = member.metrics()
    flush, written, commit = ((page[f"conclave_{name}_seconds_sum"] / page[f"conclave_{name}_seconds_count"]) for name in ("disk_flush", "log_write", "commit"))
    assert 1e-6 < flush < 5 and 1e-6 < written < 5 and 1e-6 < commit < 5, (flush, written, commit)
    assert page["conclave_disk_flush_seconds_sum"] <= page["conclave_log_write_seconds_sum"], "a flush is part of a write"


def check_reads(member):
    with grows(member, **{'conclave_requests_total{kind="read",outcome="ok"}': 2, 'conclave_reads_total{consistency="linearizable"}': 1,
                          'conclave_reads_total{consistency="local"}': 1, "conclave_raft_read_rounds_total": 0}):
        member.call("/v3/kv/range", {"key": coded("values/0")})
        member.call("/v3/kv/range", {"key": coded("values/0"), "serializable": True})


def check_leases_and_watches(member):
    with grows(member, conclave_leases=1):
        member.call("/v3/lease/grant", {"TTL": "600"})
    with grows(member, conclave_leases_expired_total=1):
        member.call("/v3/lease/grant", {"TTL": "2"})
    with grows(member, conclave_watches=1, **{'conclave_requests_total{kind="watch",outcome="ok"}': 1, "conclave_http_open_replies": 1}):
        stream = Stream(member.port, "/v3/watch")
        stream.send(json.dumps({"create_request": {"key": coded("watched")}}).encode())
        stream.read(1)
    with grows(member, conclave_watch_events_total=1, conclave_watch_encodings_total=1):
        member.call("/v3/kv/put", {"key": coded("watched"), "value": coded("1")})
        stream.read(1)


def check_refusals(member):
    outcome = 'conclave_requests_total{kind="write",outcome="lease_not_found"}'
    with grows(member, **{outcome: 1, 'conclave_http_replies_total{status="4xx"}': 1}), contextlib.suppress(urllib.error.HTTPError):
        member.call("/v3/lease/revoke", {"ID": "77"})
    for port, garbage, name in ((member.client_port, b"\xff" * 64, "conclave_refused_total"), (member.port, b"GET /\r\n\r\n", "conclave_http_refused_total")):
        before = sum(value for sample, value in member.metrics().items() if sample.startswith(name))
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(garbage)
            while connection.recv(4096):
                pass
        after = sum(value for sample, value in member.metrics().items() if sample.startswith(name))
        assert after == before + 1, (name, before, after)


def check_series(member):
    """Whatever clients send, no metric gets another series for it."""
    before = set(member.metrics())
    for number in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", member.port, timeout=10)
        connection.request(f"M{number}", f"/path/{number}?name{number}=1", headers={"Origin": f"http://o{number}", f"X-{number}": "1"})
        connection.getresponse().read()
        connection.close()
        member.call("/v3/kv/put", {"key": coded(f"series/{number}"), "value": coded("1")})
    grown = set(member.metrics()) - before
    assert len(grown) <= 3, grown  # kinds of answers and refusals that had not been counted before


def check_standing(cluster, leader):
    pages = [Member(cluster, i).metrics() for i in range(3)]
    assert [page["conclave_raft_is_leader"] for page in pages] == [float(i == leader) for i in range(3)]
    assert len({page["conclave_raft_term"] for page in pages}) == 1 and pages[0]["conclave_raft_term"] >= 1
    for page in pages:
        roles = {name: value for name, value in page.items() if name.startswith("conclave_raft_role")}
        assert sum(roles.values()) == 1 and len(roles) == 5, roles
        assert page["conclave_raft_has_leader"] == 1 and page["conclave_raft_leader_changes_total"] >= 1
        assert page["conclave_peer_connections"] == 2 and page["conclave_db_bytes"] >= 0
        assert not any(value for name, value in page.items() if name.startswith("conclave_alarm")), page
        assert page["process_resident_memory_bytes"] > 1e6 and 10 < page["process_open_fds"] < page["process_max_fds"]
        assert 0 <= time.time() - page["process_start_time_seconds"] < 120 and page["process_threads"] >= 3
    lags = {name for name in pages[leader] if name.startswith("conclave_raft_peer_lag_entries")}
    assert len(lags) == 2 and not any(name.startswith("conclave_raft_peer_lag") for name in pages[leader - 1])


def main(conclaved):
    with Cluster(conclaved) as cluster:
        leader = cluster.await_leader()
        check_standing(cluster, leader)
        member = Member(cluster, leader)
        check_writes(member)
        check_reads(member)
        check_leases_and_watches(member)
        check_refusals(member)
        check_series(member)
        print("the metrics say what happened")


if __name__ == "__main__":
    main(sys.argv[1])
