#include "metrics.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace conclave::telemetry {
namespace {

using http::MetricsPage;

double number(std::uint64_t value) { return static_cast<double>(value); }

constexpr std::array<std::string_view, 5> roles = {"follower", "pre_candidate", "candidate", "leader", "learner"};

void add_raft(MetricsPage& page, const raft::Status& raft, const engine::Counters& counters) {
  page.gauge("conclave_raft_term", "Term", number(raft.term.value()));
  page.gauge("conclave_raft_is_leader", "1 if this member leads", raft.role == raft::Role::leader ? 1 : 0);
  page.gauge("conclave_raft_has_leader", "1 if this member knows who leads", raft.leader.has_value() ? 1 : 0);
  for (std::size_t role = 0; role < roles.size(); ++role) {
    page.gauge("conclave_raft_role", "1 for the role that this member has", static_cast<std::size_t>(raft.role) == role ? 1 : 0,
               {{"role", std::string(roles[role])}});
  }
  page.gauge("conclave_raft_last_index", "Last index of the log", number(raft.last.value()));
  page.gauge("conclave_raft_committed_index", "Last index that is known to be committed", number(raft.committed.value()));
  page.gauge("conclave_raft_applied_index", "Last index that was applied", number(raft.applied.value()));
  page.gauge("conclave_raft_durable_index", "Last index that is on this member's disk", number(raft.durable.value()));
  page.gauge("conclave_raft_log_entries", "Entries in the log",
             number(raft.last.value() + 1 - std::min(raft.first.value(), raft.last.value() + 1)));
  page.counter("conclave_raft_leader_changes_total", "Times that this member came to know another leader",
               number(counters.leader_changes));
  page.counter("conclave_raft_proposals_total", "Log entries proposed here", number(counters.proposals));
  page.counter("conclave_raft_read_rounds_total", "Quorum rounds for reads", number(counters.read_rounds));
  page.counter("conclave_raft_snapshots_installed_total", "Snapshots that became this member's state",
               number(counters.snapshots_installed));
  for (const raft::PeerStatus& peer : raft.peers) {
    const http::Labels label = {{"peer", to_string(peer.id)}};
    page.gauge("conclave_raft_peer_lag_entries", "On the leader: entries that a peer has not acknowledged",
               number(raft.last.value() - std::min(peer.match.value(), raft.last.value())), label);
    page.gauge("conclave_raft_peer_active", "On the leader: 1 if the peer was heard within an election timeout",
               peer.active ? 1 : 0, label);
    page.gauge("conclave_raft_peer_snapshotting", "On the leader: 1 while the peer gets a snapshot", peer.snapshotting ? 1 : 0,
               label);
  }
}

void add_requests(MetricsPage& page, const Meter& meter, const engine::Counters& counters) {
  for (std::size_t kind = 0; kind < request_kinds; ++kind) {
    const auto name = static_cast<RequestKind>(kind);
    const std::string label(name_of(name));
    for (std::size_t outcome = 0; outcome < Meter::outcomes; ++outcome) {
      const std::uint64_t count = meter.answered(name, outcome);
      if (count == 0 && outcome != 0) continue;
      std::string what(outcome == 0 ? "ok" : name_of(static_cast<Errc>(outcome)));
      std::replace(what.begin(), what.end(), ' ', '_');
      page.counter("conclave_requests_total", "Requests answered, by kind and outcome", number(count),
                   {{"kind", label}, {"outcome", what}});
    }
    page.histogram("conclave_request_seconds", "From the arrival of a request until its answer", meter.latency(name),
                   {{"kind", label}});
  }
  page.counter("conclave_requests_forwarded_total", "Writes that were passed on to the leader", number(counters.forwarded));
  page.counter("conclave_requests_overloaded_total", "Writes refused because too many waited", number(counters.refused_overload));
  page.counter("conclave_reads_total", "Reads by where they were decided", number(counters.reads_linearizable),
               {{"consistency", "linearizable"}});
  page.counter("conclave_reads_total", "", number(counters.reads_local), {{"consistency", "local"}});
  page.counter("conclave_commands_proposed_total", "Commands put into log entries here", number(counters.commands_proposed));
  page.counter("conclave_commands_applied_total", "Commands applied", number(counters.commands_applied));
}

void add_loop(MetricsPage& page, const Meter& meter, const engine::Counters& counters) {
  page.histogram("conclave_log_write_seconds", "From handing entries to the log until they are on the disk", meter.log_write());
  page.histogram("conclave_disk_flush_seconds", "One write of the log's file with its flush: the disk alone", meter.disk_flush());
  page.histogram("conclave_commit_seconds", "From handing entries to the log until they were applied", meter.commit());
  page.histogram("conclave_loop_pass_seconds", "One pass of the engine", meter.pass());
  page.counter("conclave_log_written_bytes_total", "Bytes written to the log", number(meter.log_bytes()));
  page.counter("conclave_checkpoints_total", "Checkpoints begun", number(counters.checkpoints));
}

void add_state(MetricsPage& page, const engine::StatusReply& status, const mvcc::Machine& machine) {
  page.gauge("conclave_keys", "Keys", number(status.key_count));
  page.gauge("conclave_data_bytes", "Current keys and values, which the quota bounds", number(status.data_bytes));
  page.gauge("conclave_db_bytes", "Bytes on disk after the last checkpoint", number(status.db_size));
  page.gauge("conclave_history_window_bytes", "History kept in memory", number(machine.window_bytes()));
  page.gauge("conclave_revision", "Revision", number(status.revision.value()));
  page.gauge("conclave_compacted_revision", "Older revisions are gone", number(status.compacted.value()));
  page.gauge("conclave_leases", "Leases, sessions among them", number(status.lease_count));
  page.gauge("conclave_sessions", "Sessions", number(machine.session_count()));
  page.gauge("conclave_cluster_time_seconds", "The clock that leases go by",
             static_cast<double>(status.cluster_time_millis) / 1000);
  for (const std::string_view alarm : {"disk-low", "disk-full", "disk-stalled", "quota"}) {
    const bool raised = std::find(status.alarms.begin(), status.alarms.end(), alarm) != status.alarms.end();
    page.gauge("conclave_alarm", "1 while the alarm is raised", raised ? 1 : 0, {{"alarm", std::string(alarm)}});
  }
  page.gauge("conclave_info", "This member", 1,
             {{"name", status.name},
              {"member", to_string(status.member)},
              {"cluster", to_string(status.cluster)},
              {"version", status.version}});
}

void add_watches(MetricsPage& page, const engine::StatusReply& status, const engine::Counters& counters) {
  page.gauge("conclave_watches", "Watches on this member", number(status.watch_count));
  page.counter("conclave_watch_events_total", "Events pushed, times the watches they went to", number(counters.events_pushed));
  page.counter("conclave_watch_frames_total", "Frames of events pushed", number(counters.event_frames_pushed));
  page.counter("conclave_watch_encodings_total", "Batches of events encoded, once for each group of watches",
               number(counters.event_encodings));
  page.counter("conclave_slow_watchers_total", "Times that a watch fell behind and is fed from history",
               number(counters.watchers_lagged));
  page.counter("conclave_turns_total", "Turns of locks told to their waiters", number(counters.turns_fired));
  page.counter("conclave_leases_expired_total", "Leases that ended because nobody renewed them", number(counters.leases_expired));
}

void add_transport(MetricsPage& page, const transport::Counters& counters) {
  page.gauge("conclave_client_connections", "Client connections", number(counters.client_connections));
  page.gauge("conclave_peer_connections", "Connections accepted from members", number(counters.peer_connections));
  page.counter("conclave_connections_accepted_total", "Connections accepted", number(counters.accepted));
  page.counter("conclave_frames_received_total", "Frames received", number(counters.frames_in));
  page.counter("conclave_frames_sent_total", "Frames sent", number(counters.frames_out));
  page.counter("conclave_received_bytes_total", "Bytes received", number(counters.bytes_in));
  page.counter("conclave_sent_bytes_total", "Bytes sent", number(counters.bytes_out));
  page.counter("conclave_peer_frames_dropped_total", "Frames to members dropped for want of room",
               number(counters.peer_frames_dropped));
  page.counter("conclave_peer_links_opened_total", "Connections made to members", number(counters.peer_links_opened));
  page.counter("conclave_certificate_failures_total", "Changed certificate files that could not be used",
               number(counters.certificates_failed));
  for (std::size_t why = 0; why < transport::refusal_count; ++why) {
    page.counter("conclave_refused_total", "Connections and frames refused, by reason", number(counters.refused[why]),
                 {{"reason", std::string(transport::name_of(static_cast<transport::Refusal>(why)))}});
  }
}

}  // namespace

http::MetricsPage metrics_page(const Sources& sources) {
  MetricsPage page;
  const engine::StatusReply status = sources.engine.status();
  const engine::Counters& counters = sources.engine.counters();
  add_raft(page, sources.engine.core().status(), counters);
  add_requests(page, sources.meter, counters);
  add_loop(page, sources.meter, counters);
  add_state(page, status, sources.engine.machine());
  add_watches(page, status, counters);
  add_transport(page, sources.transport);
  if (const http::Counters* const http = sources.http()) page.server("conclave", *http);
  return page;
}

}  // namespace conclave::telemetry
