#include "interaction_bench.hpp"

#include <algorithm>

#include "conclave/raft/invariants.hpp"

namespace conclave::raft::test {

Config bench_config(std::uint64_t self) {
  Config config;
  config.self = MemberId(self);
  config.incarnation = Incarnation(self * 100);
  config.heartbeat_ticks = 1;
  config.election_timeout_ticks = 10;
  config.link_closed_campaign_ticks_max = 2;
  return config;
}

raft::Member bench_record(std::uint64_t id) { return {MemberId(id), Incarnation(id * 100), "m" + std::to_string(id), {}, {}}; }

std::vector<raft::Member> bench_records(const std::vector<std::uint64_t>& ids) {
  std::vector<raft::Member> records;
  for (const auto id : ids) records.push_back(bench_record(id));
  return records;
}

Membership bench_membership(const std::vector<std::uint64_t>& voters, const std::vector<std::uint64_t>& learners) {
  Membership membership;
  for (const auto id : voters) membership.voters.emplace_back(id);
  for (const auto id : learners) membership.learners.emplace_back(id);
  membership.members = bench_records(voters);
  const auto more = bench_records(learners);
  membership.members.insert(membership.members.end(), more.begin(), more.end());
  std::sort(membership.members.begin(), membership.members.end(),
            [](const raft::Member& a, const raft::Member& b) { return a.id < b.id; });
  return membership;
}

EntryId at(std::uint64_t term, std::uint64_t index) { return {Term(term), Index(index)}; }

namespace {

Config config_of(const BenchOptions& options) {
  Config config = bench_config(options.self);
  config.memory_log_bytes_max = options.memory_log_bytes;
  return config;
}

}  // namespace

EntryPtr bench_entry(std::uint64_t term, std::uint64_t index, std::string text) {
  return std::make_shared<const Entry>(Entry{at(term, index), Bytes(std::move(text))});
}

Disk bench_disk(const BenchOptions& options) {
  Disk disk;
  disk.hard_state.term = Term(options.term);
  if (options.vote != 0) disk.hard_state.vote = MemberId(options.vote);
  disk.checkpoint.memberships[Index()] = bench_membership(options.voters, options.learners);
  for (const auto term : options.log_terms) disk.entries.push_back(bench_entry(term, disk.entries.size() + 1));
  return disk;
}

Bench::Bench(const BenchOptions& options) : options_(options), member_(config_of(options), bench_disk(options), options.seed) {
  settle();
}

void Bench::tick(std::uint32_t count) {
  for (; count > 0; --count) core().tick();
}

void Bench::take_one() {
  Ready ready = member_.take_ready();
  oracle_.saw_ready(member_, ready);
  const auto collect = [](auto& into, const auto& from) { into.insert(into.end(), from.begin(), from.end()); };
  collect(outbox_, ready.messages);
  collect(applied, ready.apply);
  collect(reads, ready.reads);
  collect(reads_lost, ready.reads_lost);
  collect(lost, ready.lost);
  collect(unknown, ready.unknown);
  collect(log_reads, ready.log_reads);
  collect(snapshot_reads, ready.snapshot_reads);
  if (ready.write) writes.push_back(*ready.write);
  if (ready.snapshot_received) snapshots_received.push_back(*ready.snapshot_received);
  check_all(core());
}

void Bench::take() {
  while (core().has_ready()) take_one();
}

void Bench::finish_writes() {
  while (!member_.writes().empty()) {
    member_.finish_writes(member_.writes().back().id);
    take();
  }
}

void Bench::settle() {
  for (bool worked = true; worked;) {
    worked = core().has_ready();
    take();
    if (!member_.writes().empty()) {
      finish_writes();
      worked = true;
    }
    if (member_.has_to_apply()) {
      oracle_.saw_apply(member_, member_.finish_apply(member_.last_to_apply()));
      worked = true;
    }
  }
}

void Bench::become_candidate() {
  core().campaign();
  settle();
  for (const auto& [to, request] : sent<VoteRequest>())
    if (request.pre_vote) step(to, VoteReply{request.term, true, true, {}});
  settle();
}

void Bench::become_leader() {
  become_candidate();
  for (const auto& [to, request] : sent<VoteRequest>())
    if (!request.pre_vote) step(to, VoteReply{request.term, false, true, {}});
  settle();
}

void Bench::become_established_leader() {
  become_leader();
  acknowledge_all();
  forget_sent();
}

void Bench::follow(std::uint64_t leader, std::uint64_t term) {
  step(leader, Heartbeat{Term(term), Index(), 1, {}});
  settle();
  forget_sent();
}

void Bench::acknowledge(std::uint64_t from, std::uint64_t last) {
  step(from, AppendReply{core().term(), true, Index(last), {}});
  settle();
}

void Bench::acknowledge_all() {
  for (const auto voter : options_.voters)
    if (voter != options_.self) acknowledge(voter, status().last.value());
}

}  // namespace conclave::raft::test
