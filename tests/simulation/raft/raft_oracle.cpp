#include "raft/raft_oracle.hpp"

#include <algorithm>

#include "conclave/raft/describe.hpp"
#include "conclave/raft/invariants.hpp"

namespace conclave::sim {

using raft::describe;

void RaftOracle::booted(MemberId member) { memory_[member] = Memory(); }

void RaftOracle::saw_core(MemberId member, const raft::Core& core) {
  check_all(core);
  Memory& memory = memory_[member];
  const raft::Status now = core.status();
  if (memory.has_status) check_step(memory.status, now);
  check_commits(member, core, now);
  check_leader(member, core, now);
  memory.status = now;
  memory.has_status = true;
}

void RaftOracle::check_leader(MemberId member, const raft::Core& core, const raft::Status& now) {
  if (now.role != raft::Role::leader) return;
  const auto [known, fresh] = leaders_.emplace(now.term, member);
  require(known->second == member, [&] {
    return "election safety: members " + to_string(known->second) + " and " + to_string(member) + " lead in term " +
           to_string(now.term);
  });
  if (!fresh) return;
  for (auto it = committed_.lower_bound(now.first); it != committed_.end(); ++it) {
    if (it->second.seen_in >= now.term) continue;
    require(core.term_at(it->first) == it->second.id.term, [&] {
      return "leader completeness: leader " + to_string(member) + " of term " + to_string(now.term) +
             " lacks the committed entry " + describe(it->second.id);
    });
  }
}

void RaftOracle::check_commits(MemberId member, const raft::Core& core, const raft::Status& now) {
  Index& seen = memory_[member].committed;
  for (Index index = std::max(seen.next(), now.first); index <= now.committed; index = index.next()) {
    const auto term = core.term_at(index);
    if (!term) continue;
    const raft::EntryId id{*term, index};
    const auto [known, fresh] = committed_.emplace(index, Committed{id, now.term});
    require(known->second.id == id, [&] {
      return "state machine safety: member " + to_string(member) + " has committed " + describe(id) + ", another " +
             describe(known->second.id);
    });
    require(!fresh || !lost_.contains(id), [&] { return describe(id) + " was called lost and is committed now"; });
  }
  seen = std::max(seen, now.committed);
}

void RaftOracle::check_vote(MemberId voter, Term term, MemberId candidate) {
  const auto [known, fresh] = votes_.emplace(std::make_pair(voter, term), candidate);
  require(fresh || known->second == candidate, [&] {
    return "member " + to_string(voter) + " votes in term " + to_string(term) + " for " + to_string(candidate) +
           " and, before, for " + to_string(known->second);
  });
}

namespace {

/// What a message claims, compared with the sender's disk.
struct Claim {
  MemberId from;
  MemberId to;
  const raft::Core& core;
  const LogImage& disk;

  [[nodiscard]] std::string name() const { return " of member " + to_string(from); }

  void operator()(const raft::VoteRequest& m) const {
    if (m.pre_vote || disk.hard_state.term > m.term) return;
    require(disk.hard_state.term == m.term && disk.hard_state.vote == from,
            [&] { return "a vote request" + name() + " leaves before its term is on the disk"; });
  }
  void operator()(const raft::VoteReply& m) const {
    if (m.pre_vote || !m.granted || disk.hard_state.term > m.term) return;
    require(disk.hard_state.term == m.term && disk.hard_state.vote == to,
            [&] { return "a vote" + name() + " leaves before it is on the disk"; });
  }
  void operator()(const raft::AppendRequest& m) const { leads(m.term); }
  void operator()(const raft::Heartbeat& m) const { leads(m.term); }
  void operator()(const raft::SnapshotChunk& m) const { leads(m.term); }
  void operator()(const raft::TimeoutNow& m) const { leads(m.term); }
  void operator()(const raft::HeartbeatReply& m) const { knows(m.term, "a heartbeat reply"); }
  void operator()(const raft::AppendReply& m) const {
    knows(m.term, "an append reply");
    if (!m.accepted || m.term != core.term()) return;  // in a later term another leader may have cut the log
    require(disk.last().index >= m.last, [&] { return "an append reply" + name() + " leaves before its entries are on the disk"; });
    const auto known = core.term_at(m.last);
    require(!known || m.last <= disk.base.index || disk.term_at(m.last) == known,
            [&] { return "an append reply" + name() + " acknowledges another entry than the one on the disk"; });
  }
  void operator()(const raft::SnapshotReply& m) const {
    knows(m.term, "a snapshot reply");
    require(!m.installed || disk.last().index >= m.last.index,
            [&] { return "a snapshot reply" + name() + " leaves before the snapshot is on the disk"; });
  }
  void leads(Term term) const {
    require(disk.hard_state.term >= term, [&] { return "member " + to_string(from) + " leads in a term that is not on its disk"; });
  }
  void knows(Term term, std::string_view what) const {
    require(disk.hard_state.term >= term, [&] { return std::string(what) + name() + " leaves before its term is on the disk"; });
  }
};

}  // namespace

void RaftOracle::saw_message(MemberId from, const raft::Core& core, const LogImage& disk, MemberId to,
                             const raft::Message& message) {
  std::visit(Claim{from, to, core, disk}, message);
  if (const auto* reply = std::get_if<raft::VoteReply>(&message); reply != nullptr && reply->granted && !reply->pre_vote)
    check_vote(from, reply->term, to);
  if (const auto* request = std::get_if<raft::VoteRequest>(&message); request != nullptr && !request->pre_vote)
    check_vote(from, request->term, from);
}

void RaftOracle::saw_write(const raft::Write& write, std::optional<Term> term_before) {
  for (const auto& entry : write.entries) {
    const auto [known, fresh] = entries_.emplace(entry->id, Known{entry->body, term_before});
    require(known->second.body == entry->body,
            [&] { return "log matching: there are two different entries " + describe(entry->id); });
    require(!known->second.term_before || !term_before || known->second.term_before == term_before,
            [&] { return "log matching: " + describe(entry->id) + " follows entries of different terms"; });
    if (!known->second.term_before) known->second.term_before = term_before;
    term_before = entry->id.term;
  }
}

void RaftOracle::saw_apply(MemberId member, const raft::Core& core, const raft::Entry& entry) {
  require(entry.id.index <= core.status().committed,
          [&] { return "member " + to_string(member) + " applies " + describe(entry.id) + ", which is not committed"; });
  const auto [known, fresh] = committed_.emplace(entry.id.index, Committed{entry.id, core.term()});
  require(known->second.id == entry.id, [&] {
    return "state machine safety: member " + to_string(member) + " applies " + describe(entry.id) + " where " +
           describe(known->second.id) + " is committed";
  });
  const auto stored = entries_.find(entry.id);
  require(stored == entries_.end() || stored->second.body == entry.body,
          [&] { return "member " + to_string(member) + " applies other bytes than were written as " + describe(entry.id); });
  require(!lost_.contains(entry.id), [&] { return describe(entry.id) + " was called lost and is applied"; });
}

void RaftOracle::saw_lost(MemberId member, const raft::Core& core, raft::EntryId id) {
  const raft::Status now = core.status();
  require(now.committed >= id.index, [&] {
    return "member " + to_string(member) + " calls " + describe(id) +
           " lost, but nothing is committed at that index as far as it knows";
  });
  const auto known = committed_.find(id.index);
  require(known == committed_.end() || known->second.id != id, [&] { return describe(id) + " is called lost and is committed"; });
  lost_.insert(id);
}

void RaftOracle::saw_durable(MemberId member, Index durable, const LogImage& disk) const {
  require(durable <= disk.last().index, [&] {
    return "member " + to_string(member) + " may put its state up to " + to_string(durable) +
           " on the disk, where the log ends at " + to_string(disk.last().index);
  });
  const auto known = committed_.find(durable);
  if (known == committed_.end() || durable <= disk.base.index) return;
  const auto status = memory_.find(member);
  if (status == memory_.end() || status->second.committed < durable) return;
  require(disk.term_at(durable) == known->second.id.term, [&] {
    return "member " + to_string(member) + " takes index " + to_string(durable) +
           " for durable, but its disk holds another entry there";
  });
}

void RaftOracle::saw_read_begin(MemberId member, raft::ReadRoundId round) { memory_[member].rounds[round] = committed_max(); }

void RaftOracle::saw_read_grant(MemberId member, const raft::ReadGrant& grant) {
  auto& rounds = memory_[member].rounds;
  const auto asked = rounds.find(grant.round);
  if (asked == rounds.end()) return;
  require(grant.index >= asked->second, [&] {
    return "member " + to_string(member) + " grants a read at index " + to_string(grant.index) + " that was asked when index " +
           to_string(asked->second) + " was committed";
  });
  rounds.erase(asked);
}

}  // namespace conclave::sim
