#include "property_cluster.hpp"

#include <algorithm>
#include <stdexcept>

#include "conclave/raft/describe.hpp"
#include "interaction_bench.hpp"

namespace conclave::raft::test {
namespace {

constexpr std::size_t kInFlightMax = 60;  ///< more is lost: a network has limits too

}  // namespace

RandomCluster::RandomCluster(std::uint64_t seed)
    : prng_(seed), odds_(draw_odds(prng_)), limits_(draw_limits(prng_)), brisk_(prng_.between(0, 7)) {
  build();
}

RandomCluster::Odds RandomCluster::draw_odds(Prng& prng) {
  const auto rare = [&prng](std::uint64_t most) { return prng.chance(1, 4) ? 0 : prng.below(most + 1); };
  return {{Action::deliver, 400},
          {Action::tick, prng.between(40, 250)},
          {Action::ready, 60},
          {Action::disk, prng.between(30, 150)},
          {Action::execute, rare(30)},
          {Action::apply, prng.between(20, 80)},
          {Action::answer, 60},
          {Action::propose, prng.between(20, 80)},
          {Action::read, rare(30)},
          {Action::crash, rare(6)},
          {Action::restart, 15},
          {Action::compact, rare(20)},
          {Action::change, rare(10)},
          {Action::transfer, rare(6)},
          {Action::link, rare(10)},
          {Action::partition, rare(10)},
          {Action::heal, prng.between(1, 8)},
          {Action::drop, rare(40)},
          {Action::duplicate, rare(20)}};
}

RandomCluster::Action RandomCluster::draw_action() {
  std::uint64_t sum = 0;
  for (const auto& [action, odds] : odds_) sum += odds;
  std::uint64_t dice = prng_.below(sum);
  for (const auto& [action, odds] : odds_) {
    if (dice < odds) return action;
    dice -= odds;
  }
  return Action::tick;
}

Config RandomCluster::draw_limits(Prng& prng) {
  Config limits = bench_config(1);
  limits.election_timeout_ticks = static_cast<std::uint32_t>(prng.between(3, 10));
  limits.append_entries_max = prng.between(1, 6);
  limits.append_bytes_max = prng.between(1, 200);
  limits.inflight_messages_max = prng.between(1, 8);
  limits.inflight_bytes_max = prng.between(1, 1000);
  limits.writes_in_flight_max = prng.between(1, 4);
  limits.write_bytes_max = prng.between(1, 300);
  limits.apply_bytes_max = prng.between(1, 300);
  limits.memory_log_bytes_max = prng.between(1, 400);
  limits.snapshot_chunk_bytes = prng.between(5, 60);
  limits.snapshot_retry_ticks = static_cast<std::uint32_t>(prng.between(1, 10));
  limits.uncommitted_bytes_max = prng.between(100, 2000);
  return limits;
}

void RandomCluster::build() {
  const std::uint64_t count = prng_.between(3, 5);
  const std::uint64_t voters = prng_.chance(1, 2) ? count : 3;
  BenchOptions options;
  options.voters.clear();
  for (std::uint64_t id = 1; id <= voters; ++id) options.voters.push_back(id);
  for (std::uint64_t id = 1; id <= count; ++id) {
    Config config = limits_;
    config.self = MemberId(id);
    config.incarnation = Incarnation(id * 100);
    members_[MemberId(id)] = std::make_unique<Member>(config, bench_disk(options), prng_.next());
  }
}

Member& RandomCluster::any_member() {
  auto at = members_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(prng_.below(members_.size())));
  return *at->second;
}

Member& RandomCluster::any_leader() {
  std::vector<Member*> leaders;
  for (const auto& [id, member] : members_)
    if (member->is_up() && member->core().is_leader()) leaders.push_back(member.get());
  return leaders.empty() ? any_member() : *leaders[prng_.below(leaders.size())];
}

void RandomCluster::step() {
  const Action action = draw_action();
  Member& member = prng_.chance(1, 4) ? any_leader() : any_member();
  if (action == Action::restart && !member.is_up()) member.restart(prng_.next());
  if (member.is_up()) act(action, member);
  if (!member.is_up()) return;
  // A shell takes what is ready soon, but not always at once; and so do its disk and its state machine.
  if (prng_.chance(3, 4)) take(member);
  if (prng_.chance(brisk_, 8)) {
    finish_some_writes(member);
    finish_some_apply(member);
    answer(member, true);
    take(member);
  }
  note_commit(member);
  oracle_.check_member(member);
}

void RandomCluster::act(Action action, Member& member) {
  switch (action) {
    case Action::deliver:
      for (std::uint64_t n = prng_.between(1, 4); n > 0; --n) deliver_one();
      return;
    case Action::tick: return member.core().tick();
    case Action::ready: return take(member);
    case Action::disk: return finish_some_writes(member);
    case Action::execute: return member.execute_writes(1);
    case Action::apply: return finish_some_apply(member);
    case Action::answer: return answer(member, true);
    case Action::propose: return propose(prng_.chance(3, 4) ? any_leader() : member);
    case Action::read: return begin_read(any_leader());
    case Action::crash:
    case Action::restart:
    case Action::compact:
    case Action::change:
    case Action::transfer:
    case Action::link:
    case Action::partition:
    case Action::heal:
    case Action::drop:
    case Action::duplicate: return disturb(action, member);
  }
}

void RandomCluster::disturb(Action action, Member& member) {
  if (action == Action::crash) crash(member);
  if (action == Action::compact) member.compact(Index(prng_.below(member.state().last().index.value() + 1)));
  if (action == Action::change) change_membership(any_leader());
  if (action == Action::transfer) (void)member.core().transfer_leadership(MemberId(prng_.between(1, members_.size())));
  if (action == Action::link) close_some_link(member);
  if (action == Action::partition) partition();
  if (action == Action::heal) cut_.clear();
  if (network_.empty()) return;
  const auto which = static_cast<std::ptrdiff_t>(prng_.below(network_.size()));
  if (action == Action::drop) network_.erase(network_.begin() + which);
  if (action == Action::duplicate) network_.push_back(InFlight(network_[static_cast<std::size_t>(which)]));
}

void RandomCluster::crash(Member& member) {
  member.execute_writes(prng_.below(member.writes().size() + 1));
  if (prng_.chance(1, 3)) member.checkpoint();
  member.crash();
  ++happened_.crashes;
  oracle_.forget(member.id());
}

void RandomCluster::close_some_link(Member& member) {
  const MemberId peer(prng_.between(1, members_.size()));
  if (prng_.chance(1, 2))
    member.core().on_link_closed(peer);
  else
    member.core().on_unreachable(peer);
}

void RandomCluster::count(const Ready& ready) {
  happened_.leaders += ready.role && ready.role->role == Role::leader ? 1u : 0u;
  happened_.truncations += ready.write && ready.write->truncate_from ? 1u : 0u;
  happened_.installs += ready.write && ready.write->install_snapshot ? 1u : 0u;
  happened_.log_reads += ready.log_reads.size();
  happened_.reads_granted += ready.reads.size();
  happened_.reads_lost += ready.reads_lost.size();
  happened_.lost += ready.lost.size();
  happened_.unknown += ready.unknown.size();
}

void RandomCluster::take(Member& member) {
  if (!member.core().has_ready()) return;
  const Ready ready = member.take_ready();
  oracle_.saw_ready(member, ready);
  count(ready);
  check_grants(member, ready);
  for (const auto& out : ready.messages) network_.push_back({member.id(), out.to, out.message});
  if (network_.size() > kInFlightMax)
    network_.erase(network_.begin(), network_.begin() + static_cast<std::ptrdiff_t>(network_.size() - kInFlightMax));
}

void RandomCluster::finish_some_writes(Member& member) {
  if (member.writes().empty()) return;
  member.finish_writes(member.writes()[prng_.below(member.writes().size())].id);
}

void RandomCluster::finish_some_apply(Member& member) {
  if (!member.has_to_apply()) return;
  const Index from = member.state().last().index.next();
  const auto entries = member.finish_apply(Index(prng_.between(from.value(), member.last_to_apply().value())));
  check_applied(member, entries);
}

void RandomCluster::check_applied(const Member& member, const std::vector<EntryPtr>& entries) {
  oracle_.saw_apply(member, entries);
  for (const auto& entry : entries) {
    happened_.memberships += std::holds_alternative<Membership>(entry->body) ? 1u : 0u;
    const auto proposed = proposals_.find(entry->id);
    const auto* bytes = std::get_if<Bytes>(&entry->body);
    if (bytes == nullptr) continue;
    if (proposed == proposals_.end() || proposed->second != bytes->view())
      throw std::runtime_error("broken rule: " + describe(*entry) + " was applied and not proposed");
  }
}

void RandomCluster::answer(Member& member, bool faults) {
  if (member.has_log_read()) (void)member.answer_log_read();
  if (member.has_snapshot_read()) (void)member.answer_snapshot_read(faults && prng_.chance(1, 5));
  if (member.has_snapshot_received()) (void)member.answer_snapshot_received(faults && prng_.chance(1, 20));
}

void RandomCluster::deliver_one() {
  if (network_.empty()) return;
  // Mostly in order, sometimes not.
  const std::size_t position = prng_.chance(3, 4) ? 0 : prng_.below(network_.size());
  InFlight message = std::move(network_[position]);
  network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(position));
  deliver(std::move(message));
}

void RandomCluster::deliver(InFlight message) {
  const auto to = members_.find(message.to);
  if (to == members_.end() || !to->second->is_up() || cut_.contains({message.from, message.to})) return;
  to->second->core().step(message.from, std::move(message.message));
  note_commit(*to->second);
  oracle_.check_member(*to->second);
}

void RandomCluster::propose(Member& member) {
  if (!member.is_up()) return;
  const std::string text = "p" + std::to_string(++counter_);
  const auto id = member.core().propose(Bytes(text));
  if (!id.has_value()) return;
  if (!proposals_.emplace(*id, text).second) throw std::runtime_error("broken rule: " + describe(*id) + " was given out twice");
}

void RandomCluster::begin_read(Member& member) {
  if (!member.is_up()) return;
  const auto round = member.core().begin_read();
  if (round.has_value()) reads_[{member.id(), *round}] = committed_;
}

void RandomCluster::check_grants(const Member& member, const Ready& ready) {
  for (const auto& grant : ready.reads) {
    const auto asked = reads_.find({member.id(), grant.round});
    if (asked == reads_.end()) throw std::runtime_error("broken rule: a read round was granted that nobody asked for, or twice");
    if (grant.index < asked->second)
      throw std::runtime_error("broken rule: a read was granted at " + to_string(grant.index) + " when " +
                               to_string(asked->second) + " was committed before it began");
    reads_.erase(asked);
  }
  for (const auto& round : ready.reads_lost)
    if (reads_.erase({member.id(), round}) == 0)
      throw std::runtime_error("broken rule: a read round was called lost that nobody waits for");
}

void RandomCluster::change_membership(Member& member) {
  if (!member.is_up()) return;
  std::vector<std::uint64_t> voters;
  std::vector<std::uint64_t> learners;
  std::vector<MemberId> promote;
  for (const auto& [id, each] : members_) {
    const auto what = prng_.below(4);
    if (what < 2) voters.push_back(id.value());
    if (what != 2) continue;
    learners.push_back(id.value());
    if (prng_.chance(1, 2)) promote.push_back(id);
  }
  (void)member.core().propose_membership(bench_records(voters), bench_records(learners), promote);
}

void RandomCluster::partition() {
  std::set<MemberId> side;
  if (prng_.chance(1, 2)) side.insert(any_leader().id());
  for (const auto& [id, each] : members_)
    if (prng_.chance(1, 3)) side.insert(id);
  const bool one_way = prng_.chance(1, 3);
  for (const auto& [from, a] : members_)
    for (const auto& [to, b] : members_) {
      if (side.contains(from) == side.contains(to)) continue;
      if (!one_way || side.contains(from)) cut_.insert({from, to});
    }
}

void RandomCluster::note_commit(const Member& member) { committed_ = std::max(committed_, member.core().status().committed); }

void RandomCluster::work_off(Member& member) {
  for (bool worked = true; worked;) {
    worked = member.core().has_ready();
    take(member);
    if (!member.writes().empty()) {
      member.finish_writes(member.writes().back().id);
      worked = true;
    }
    if (member.has_to_apply()) {
      check_applied(member, member.finish_apply(member.last_to_apply()));
      worked = true;
    }
    if (member.has_log_read() || member.has_snapshot_read() || member.has_snapshot_received()) {
      answer(member, false);
      worked = true;
    }
  }
  note_commit(member);
  oracle_.check_member(member);
}

bool RandomCluster::agreed(const EntryId& id) const {
  if (id.index.is_zero()) return false;
  for (const auto& [self, member] : members_) {
    if (!member->core().is_leader()) continue;
    const auto& membership = member->core().membership();
    if (!member->core().membership_committed()) return false;
    for (const auto& record : membership.members)
      if (members_.at(record.id)->state().last() < id) return false;
    return true;
  }
  return false;
}

std::optional<std::string> RandomCluster::converge(int rounds) {
  happened_.applied = oracle_.applied().size();
  cut_.clear();
  for (const auto& [id, member] : members_)
    if (!member->is_up()) member->restart(prng_.next());
  EntryId proposed;
  for (int round = 0; round < rounds; ++round) {
    for (const auto& [id, member] : members_) {
      member->core().tick();
      work_off(*member);
    }
    for (auto pending = std::exchange(network_, {}); !pending.empty(); pending = std::exchange(network_, {})) {
      for (auto& message : pending) deliver(std::move(message));
      for (const auto& [id, member] : members_) work_off(*member);
    }
    if (agreed(proposed)) return std::nullopt;
    if (round % 40 != 39) continue;
    for (const auto& [id, member] : members_) {
      const std::string text = "last" + std::to_string(++counter_);
      const auto made = member->core().propose(Bytes(text));
      if (made.has_value()) proposals_[proposed = *made] = text;
    }
  }
  return "the members did not agree on " + describe(proposed) + "\n" + describe_all();
}

std::string RandomCluster::describe_all() const {
  std::string text;
  for (const auto& [id, member] : members_) {
    text += member->is_up() ? describe(member->core().status()) : to_string(id) + " is down";
    if (member->is_up()) text += "\n  " + describe(member->core().membership());
    text += "\n";
  }
  return text;
}

}  // namespace conclave::raft::test
