#include "interaction_oracle.hpp"

#include <algorithm>
#include <stdexcept>

#include "conclave/raft/describe.hpp"
#include "conclave/raft/invariants.hpp"

namespace conclave::raft::test {
namespace {

void require(bool holds, const std::string& rule) {
  if (!holds) throw std::runtime_error("broken rule: " + rule);
}

/// What a message claims, compared with the sender's disk.
struct Claim {
  const Member& sender;
  MemberId to;

  [[nodiscard]] const HardState& hard() const { return sender.disk().hard_state; }
  [[nodiscard]] std::string name() const { return " of member " + to_string(sender.id()); }

  void operator()(const VoteRequest& m) const {
    if (m.pre_vote) return;
    if (hard().term > m.term) return;  // held back until a later term was durable too: as if the network had delayed it
    require(hard().term == m.term && hard().vote == sender.id(), "a vote request" + name() + " left before its term was durable");
  }
  void operator()(const VoteReply& m) const {
    if (m.pre_vote || !m.granted || hard().term > m.term) return;
    require(hard().term == m.term && hard().vote == to, "a vote" + name() + " left before it was durable");
  }
  void operator()(const AppendRequest& m) const { leads(m.term); }
  void operator()(const Heartbeat& m) const { leads(m.term); }
  void operator()(const SnapshotChunk& m) const { leads(m.term); }
  void operator()(const TimeoutNow& m) const { leads(m.term); }
  void operator()(const AppendReply& m) const {
    if (!m.accepted) return;
    require(hard().term >= m.term, "an append reply" + name() + " left before its term was durable");
    if (m.term != sender.core().term()) return;  // since then another leader may have cut the log
    require(sender.disk().last().index >= m.last, "an append reply" + name() + " left before its entries were durable");
    // The entry on disk must be the one in the log that was acknowledged, not one that is about to be overwritten.
    const auto known = sender.core().term_at(m.last);
    require(!known || m.last <= sender.disk().base().index || sender.disk().term_at(m.last) == known,
            "an append reply" + name() + " acknowledges an entry other than the durable one");
  }
  void operator()(const HeartbeatReply& m) const {
    require(hard().term >= m.term, "a heartbeat reply" + name() + " left before its term was durable");
  }
  void operator()(const SnapshotReply& m) const {
    if (!m.installed) return;
    require(sender.disk().last().index >= m.last.index, "a snapshot" + name() + " was acknowledged before it was durable");
  }
  void leads(Term term) const {
    require(hard().term >= term, "member " + to_string(sender.id()) + " leads in a term that is not durable");
  }
};

void check_matching(const Core& a, const Core& b) {
  const Status left = a.status();
  const Status right = b.status();
  const Index from = std::max(left.first, right.first);
  bool matched = false;
  for (Index index = std::min(left.last, right.last); index >= from && !index.is_zero(); index = index.prev()) {
    const auto one = a.term_at(index);
    const auto other = b.term_at(index);
    if (!one || !other) continue;
    require(!matched || *one == *other,
            "log matching at index " + to_string(index) + " of members " + to_string(left.self) + " and " + to_string(right.self));
    matched = matched || *one == *other;
  }
}

}  // namespace

void Oracle::check_messages(const Member& sender, const Ready& ready) {
  for (const auto& out : ready.messages) std::visit(Claim{sender, out.to}, out.message);
}

void Oracle::check_leader(const Member& member) {
  const Core& core = member.core();
  if (!core.is_leader()) return;
  const auto [known, fresh] = leaders_.emplace(core.term(), member.id());
  require(known->second == member.id(), "two leaders in term " + to_string(core.term()));
  if (!fresh) return;
  const Index first = core.status().first;
  for (const auto& [index, applied] : applied_) {
    if (applied.seen_in >= core.term() || index < first) continue;
    require(core.term_at(index) == applied.id.term, "leader " + to_string(member.id()) + " of term " + to_string(core.term()) +
                                                        " does not have the committed entry " + describe(applied.id));
  }
}

void Oracle::check_durable(const Member& member, const Ready& ready) {
  const Disk& disk = member.disk();
  require(ready.durable <= disk.last().index, "member " + to_string(member.id()) + " calls durable what is not on its disk");
  const auto known = member.core().term_at(ready.durable);
  require(!known || ready.durable <= disk.base().index || disk.term_at(ready.durable) == known,
          "member " + to_string(member.id()) + " calls durable what is about to be overwritten on its disk");
}

void Oracle::saw_ready(const Member& member, const Ready& ready) {
  check_messages(member, ready);
  check_durable(member, ready);
  check_leader(member);
  for (const auto& id : ready.lost) {
    lost_.insert(id);
    const auto found = applied_.find(id.index);
    require(found == applied_.end() || found->second.id != id, describe(id) + " was called lost and is applied");
  }
}

void Oracle::saw_apply(const Member& member, const std::vector<EntryPtr>& entries) {
  for (const auto& entry : entries) {
    const auto [known, fresh] = applied_.emplace(entry->id.index, Applied{entry->id, entry, member.core().term()});
    require(*known->second.entry == *entry, "members applied " + describe(*known->second.entry) + " and " + describe(*entry));
    require(!fresh || !lost_.contains(entry->id), describe(entry->id) + " was called lost and is applied now");
  }
}

void Oracle::check_member(const Member& member) {
  check_all(member.core());
  check_leader(member);
  const Status now = member.core().status();
  const auto before = statuses_.find(member.id());
  if (before != statuses_.end()) check_step(before->second, now);
  statuses_[member.id()] = now;
}

void Oracle::check_members(const std::map<MemberId, std::unique_ptr<Member>>& members) {
  for (const auto& [id, member] : members)
    if (member->is_up()) check_member(*member);
  for (auto a = members.begin(); a != members.end(); ++a)
    for (auto b = std::next(a); b != members.end(); ++b)
      if (a->second->is_up() && b->second->is_up()) check_matching(a->second->core(), b->second->core());
}

}  // namespace conclave::raft::test
