#include "network.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "conclave/raft/describe.hpp"

namespace conclave::raft::test {

Network::Network(const NetworkOptions& options) : prng_(options.seed) {
  BenchOptions bench;
  bench.voters = options.voters;
  bench.learners = options.learners;
  std::vector<std::uint64_t> ids = options.voters;
  ids.insert(ids.end(), options.learners.begin(), options.learners.end());
  ids.insert(ids.end(), options.joining.begin(), options.joining.end());
  for (const std::uint64_t id : ids) {
    Config config = bench_config(id);
    config.heartbeat_ticks = 2;
    options.configure(config);
    members_[MemberId(id)] = std::make_unique<Member>(config, bench_disk(bench), prng_.next());
  }
}

void Network::tick(int count) {
  for (; count > 0; --count) {
    ++now_;
    for (const auto& [id, member] : members_) {
      if (member->is_up()) member->core().tick();
    }
    run();
  }
}

void Network::run() {
  for (bool worked = true; worked;) {
    worked = deliver_due();
    for (const auto& [id, member] : members_) {
      if (member->is_up()) worked = work(*member) || worked;
    }
  }
  oracle_.check_members(members_);
}

bool Network::work(Member& member) {
  bool worked = false;
  if (member.core().has_ready()) {
    const Ready ready = member.take_ready();
    worked = true;
    oracle_.saw_ready(member, ready);
    for (const Outbound& out : ready.messages) post(member.id(), out);
    for (const ReadGrant& grant : ready.reads) reads.emplace_back(member.id(), grant);
    reads_lost.insert(reads_lost.end(), ready.reads_lost.begin(), ready.reads_lost.end());
    lost.insert(lost.end(), ready.lost.begin(), ready.lost.end());
    unknown.insert(unknown.end(), ready.unknown.begin(), ready.unknown.end());
    if (ready.snapshot_received) ++snapshot_chunks;
  }
  if (!member.writes().empty() && !prng_.chance(faults.disk_idle, 1000)) {
    member.finish_writes(member.writes()[prng_.below(member.writes().size())].id);
    worked = true;
  }
  if (member.has_to_apply() && !prng_.chance(faults.apply_idle, 1000)) {
    oracle_.saw_apply(member, member.finish_apply(member.last_to_apply()));
    worked = true;
  }
  const bool asked = member.has_log_read() || member.has_snapshot_read() || member.has_snapshot_received();
  if (member.has_log_read()) (void)member.answer_log_read();
  if (member.has_snapshot_read()) (void)member.answer_snapshot_read();
  if (member.has_snapshot_received()) (void)member.answer_snapshot_received();
  oracle_.check_member(member);
  return worked || asked;
}

void Network::post(MemberId from, const Outbound& out) {
  const std::string text = describe(out.message);
  ++sent[text.substr(0, text.find(' '))];
  if (prng_.chance(faults.loss, 1000)) return;
  const int copies = prng_.chance(faults.duplicate, 1000) ? 2 : 1;
  for (int i = 0; i < copies; ++i)
    in_flight_.push_back({now_ + prng_.below(faults.delay_ticks_max + 1), from, out.to, out.message});
}

bool Network::deliver_due() {
  std::vector<InFlight> due;
  std::vector<InFlight> later;
  for (InFlight& message : in_flight_) (message.due <= now_ ? due : later).push_back(std::move(message));
  in_flight_ = std::move(later);
  for (InFlight& message : due) {
    const auto to = members_.find(message.to);
    if (to == members_.end() || !to->second->is_up() || cut_.contains({message.from, message.to})) continue;
    to->second->core().step(message.from, std::move(message.message));
    oracle_.check_member(*to->second);
  }
  return !due.empty();
}

std::uint64_t Network::leader() const {
  std::pair<Term, std::uint64_t> best;
  for (const auto& [id, member] : members_) {
    if (member->is_up() && member->core().is_leader()) best = std::max(best, {member->core().term(), id.value()});
  }
  return best.second;
}

bool Network::tick_until(const std::function<bool()>& done, int ticks_max) {
  for (int i = 0; i < ticks_max; ++i) {
    if (done()) return true;
    tick();
  }
  return done();
}

std::uint64_t Network::elect() {
  if (!tick_until([&] { return leader() != 0 && status(leader()).term_committed; })) throw std::runtime_error("nobody is elected");
  return leader();
}

EntryId Network::propose(const std::string& text) {
  const auto id = core(leader()).propose(Bytes(text));
  if (!id) throw std::runtime_error("a proposal was refused: " + id.error().message());
  run();
  return *id;
}

bool Network::all_applied(const std::vector<std::uint64_t>& ids, EntryId id) const {
  return std::all_of(ids.begin(), ids.end(), [&](std::uint64_t each) { return members_.at(MemberId(each))->state().last() >= id; });
}

void Network::isolate(std::uint64_t id) {
  for (const auto& [other, member] : members_) {
    cut(id, other.value());
    cut(other.value(), id);
  }
}

void Network::crash(std::uint64_t id) {
  member(id).crash();
  oracle_.forget(MemberId(id));
}

}  // namespace conclave::raft::test
