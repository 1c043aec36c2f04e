#include "conclave/raft/describe.hpp"

#include <string_view>
#include <variant>

namespace conclave::raft {
namespace {

/// Longer payloads are cut: a log line is for people.
constexpr std::size_t kTextShownMax = 48;

template <class Id>
std::string named(std::string_view name, Id id) {
  return " " + std::string(name) + "=" + to_string(id);
}

std::string named(std::string_view name, const EntryId& id) { return " " + std::string(name) + "=" + describe(id); }

std::string flag(bool set, std::string_view name) { return set ? " " + std::string(name) : std::string(); }

/// Most stamps of a test are zero, and a zero stamp says nothing.
std::string stamp_text(Stamp stamp) { return stamp.is_zero() ? std::string() : named("stamp", stamp); }

std::string id_list(const std::vector<MemberId>& ids) {
  std::string text = "(";
  for (const auto& id : ids) text += (text.size() > 1 ? " " : "") + to_string(id);
  return text + ")";
}

std::string member_or_none(const std::optional<MemberId>& id) { return id ? to_string(*id) : "none"; }

std::string bytes_text(ByteView view) {
  std::string text = "\"";
  for (const char c : view.substr(0, kTextShownMax)) {
    const bool printable = c >= ' ' && c <= '~' && c != '"' && c != '\\';
    text += printable ? c : '.';
  }
  text += '"';
  if (view.size() > kTextShownMax) text += "+" + std::to_string(view.size() - kTextShownMax);
  return text;
}

std::string body_text(const EntryBody& body) {
  struct Visitor {
    std::string operator()(const NoOp&) const { return "noop"; }
    std::string operator()(const Bytes& bytes) const { return bytes_text(bytes.view()); }
    std::string operator()(const Membership& membership) const { return describe(membership); }
  };
  return std::visit(Visitor{}, body);
}

std::string entries_text(const std::vector<EntryPtr>& entries) {
  std::string text = "[";
  for (const auto& entry : entries) text += (text.size() > 1 ? ", " : "") + describe(*entry);
  return text + "]";
}

std::string meta_text(const SnapshotMeta& meta) {
  return named("last", meta.last) + " {" + describe(meta.membership) + "} total=" + std::to_string(meta.total_bytes);
}

struct MessageText {
  std::string operator()(const VoteRequest& m) const {
    return (m.pre_vote ? "pre-vote-request" : "vote-request") + named("term", m.term) + named("last", m.last) +
           flag(m.transfer, "transfer");
  }
  std::string operator()(const VoteReply& m) const {
    return (m.pre_vote ? "pre-vote-reply" : "vote-reply") + named("term", m.term) + (m.granted ? " granted" : " refused") +
           stamp_text(m.stamp);
  }
  std::string operator()(const AppendRequest& m) const {
    return "append" + named("term", m.term) + named("previous", m.previous) + named("commit", m.commit) + stamp_text(m.stamp) +
           (m.news_only ? " news-only " : " ") + entries_text(m.entries);
  }
  std::string operator()(const AppendReply& m) const {
    if (m.accepted) return "append-reply" + named("term", m.term) + " accepted" + named("last", m.last);
    return "append-reply" + named("term", m.term) + " rejected" + named("last", m.last) + named("hint", m.hint);
  }
  std::string operator()(const Heartbeat& m) const {
    return "heartbeat" + named("term", m.term) + named("commit", m.commit) + " round=" + std::to_string(m.round) +
           stamp_text(m.stamp);
  }
  std::string operator()(const HeartbeatReply& m) const {
    return "heartbeat-reply" + named("term", m.term) + " round=" + std::to_string(m.round);
  }
  std::string operator()(const SnapshotChunk& m) const {
    return "snapshot" + named("term", m.term) + meta_text(m.meta) + " offset=" + std::to_string(m.offset) +
           " bytes=" + std::to_string(m.bytes.size()) + flag(m.done, "done");
  }
  std::string operator()(const SnapshotReply& m) const {
    return "snapshot-reply" + named("term", m.term) + named("last", m.last) + " next=" + std::to_string(m.next_offset) +
           flag(m.installed, "installed") + flag(m.rejected, "rejected");
  }
  std::string operator()(const TimeoutNow& m) const { return "timeout-now" + named("term", m.term); }
};

std::string write_text(const Write& write) {
  std::string text = "write " + to_string(write.id) + ":";
  if (write.hard_state) text += named("term", write.hard_state->term) + " vote=" + member_or_none(write.hard_state->vote);
  if (write.install_snapshot) text += " install" + meta_text(*write.install_snapshot);
  if (write.truncate_from) text += named("truncate-from", *write.truncate_from);
  if (!write.entries.empty()) text += " " + entries_text(write.entries);
  return text + "\n";
}

std::string role_text(const RoleChange& change) {
  return "role " + std::string(name_of(change.role)) + named("term", change.term) + " leader=" + member_or_none(change.leader) +
         "\n";
}

std::string log_read_text(const LogRead& read) {
  return "log-read peer=" + to_string(read.peer) + named("from", read.from) + " bytes=" + std::to_string(read.bytes_max) + "\n";
}

std::string snapshot_read_text(const SnapshotRead& read) {
  const std::string which = read.meta ? named("last", read.meta->last) : named("at-least", read.at_least);
  return "snapshot-read peer=" + to_string(read.peer) + which + " offset=" + std::to_string(read.offset) +
         " bytes=" + std::to_string(read.bytes_max) + "\n";
}

std::string snapshot_received_text(const SnapshotReceived& received) {
  return "snapshot-received" + meta_text(received.meta) + " offset=" + std::to_string(received.offset) +
         " bytes=" + std::to_string(received.bytes.size()) + flag(received.done, "done") + "\n";
}

std::string peer_text(const PeerStatus& peer) {
  return to_string(peer.id) + ":match=" + to_string(peer.match) + ",next=" + to_string(peer.next) +
         (peer.snapshotting ? ",snapshot" : "") + (peer.active ? "" : ",silent") +
         (peer.inflight_messages > 0 ? ",inflight=" + std::to_string(peer.inflight_messages) : "");
}

std::string peers_text(const std::vector<PeerStatus>& peers) {
  std::string text;
  for (const auto& peer : peers) text += (text.empty() ? "" : " ") + peer_text(peer);
  return text;
}

}  // namespace

std::string describe(const EntryId& id) { return to_string(id.term) + "/" + to_string(id.index); }

std::string describe(const Entry& entry) { return describe(entry.id) + " " + body_text(entry.body); }

std::string describe(const Membership& membership) {
  std::string text = "voters=" + id_list(membership.voters);
  if (!membership.outgoing.empty()) text += " outgoing=" + id_list(membership.outgoing);
  if (!membership.learners.empty()) text += " learners=" + id_list(membership.learners);
  if (!membership.learners_next.empty()) text += " learners-next=" + id_list(membership.learners_next);
  return text;
}

std::string describe(const Message& message) { return std::visit(MessageText{}, message); }

std::string describe(const Ready& ready) {
  std::string text;
  if (ready.role) text += role_text(*ready.role);
  if (ready.membership) text += "membership " + describe(*ready.membership) + "\n";
  if (ready.write) text += write_text(*ready.write);
  for (const auto& out : ready.messages) text += "send " + to_string(out.to) + ": " + describe(out.message) + "\n";
  if (!ready.apply.empty()) text += "apply " + entries_text(ready.apply) + "\n";
  if (!ready.durable.is_zero()) text += "durable " + to_string(ready.durable) + "\n";
  for (const auto& grant : ready.reads)
    text += "read-granted " + to_string(grant.round.term) + "#" + std::to_string(grant.round.counter) +
            named("index", grant.index) + "\n";
  for (const auto& round : ready.reads_lost)
    text += "read-lost " + to_string(round.term) + "#" + std::to_string(round.counter) + "\n";
  for (const auto& id : ready.lost) text += "lost " + describe(id) + "\n";
  for (const auto& id : ready.unknown) text += "unknown " + describe(id) + "\n";
  for (const auto& read : ready.log_reads) text += log_read_text(read);
  for (const auto& read : ready.snapshot_reads) text += snapshot_read_text(read);
  if (ready.snapshot_received) text += snapshot_received_text(*ready.snapshot_received);
  for (const auto& peer : ready.snapshot_released) text += "snapshot-released " + to_string(peer) + "\n";
  return text;
}

std::string describe(const Status& status) {
  std::string text = to_string(status.self) + " " + std::string(name_of(status.role)) + named("term", status.term) +
                     " vote=" + member_or_none(status.vote) + " leader=" + member_or_none(status.leader) +
                     " log=" + to_string(status.first) + ".." + to_string(status.last) + named("committed", status.committed) +
                     named("applied", status.applied) + named("durable", status.durable) +
                     flag(status.term_committed, "term-committed");
  if (status.transferring) text += named("transferring", *status.transferring);
  if (!status.peers.empty()) text += " [" + peers_text(status.peers) + "]";
  return text;
}

}  // namespace conclave::raft
