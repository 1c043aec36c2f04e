#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "interaction_member.hpp"
#include "interaction_oracle.hpp"

/// One core on the bench: a test plays its peers, its disk and its state machine.
namespace conclave::raft::test {

struct BenchOptions {
  std::vector<std::uint64_t> voters = {1, 2, 3};
  std::vector<std::uint64_t> learners = {};
  std::vector<std::uint64_t> log_terms = {};  ///< the log at the start, by term
  std::uint64_t term = 0;                     ///< the hard state at the start
  std::uint64_t vote = 0;                     ///< 0: none
  std::uint64_t self = 1;
  std::uint64_t seed = 1;
  std::size_t memory_log_bytes = 64 << 20;
};

[[nodiscard]] Config bench_config(std::uint64_t self);
[[nodiscard]] Membership bench_membership(const std::vector<std::uint64_t>& voters, const std::vector<std::uint64_t>& learners);
[[nodiscard]] raft::Member bench_record(std::uint64_t id);
[[nodiscard]] std::vector<raft::Member> bench_records(const std::vector<std::uint64_t>& ids);
[[nodiscard]] Disk bench_disk(const BenchOptions& options);
[[nodiscard]] EntryPtr bench_entry(std::uint64_t term, std::uint64_t index, std::string text = "x");
[[nodiscard]] EntryId at(std::uint64_t term, std::uint64_t index);

class Bench {
 public:
  explicit Bench(const BenchOptions& options = {});

  [[nodiscard]] Core& core() { return member_.core(); }
  [[nodiscard]] Member& member() { return member_; }
  [[nodiscard]] Status status() { return member_.core().status(); }

  void step(std::uint64_t from, Message message) { core().step(MemberId(from), std::move(message)); }
  void tick(std::uint32_t count = 1);
  /// Takes every Ready there is and completes nothing.
  void take();
  /// Takes Readies and completes their writes and applies until there is nothing left.
  void settle();
  /// Finishes the writes in flight, and takes what that brings.
  void finish_writes();

  /// Elections: this member asks for pre-votes, gets them, asks for votes, is made leader, and has its first entry committed.
  void become_candidate();
  void become_leader();
  void become_established_leader();
  /// A follower that has just heard from `leader`.
  void follow(std::uint64_t leader, std::uint64_t term);
  /// Every voter but this one says that it stored everything up to the end of the log.
  void acknowledge_all();
  void acknowledge(std::uint64_t from, std::uint64_t last);

  /// Sent since the last call, of one kind, with their receivers.
  template <class Kind>
  std::vector<std::pair<std::uint64_t, Kind>> sent() {
    std::vector<std::pair<std::uint64_t, Kind>> result;
    std::vector<Outbound> rest;
    for (auto& out : outbox_) {
      if (const auto* message = std::get_if<Kind>(&out.message))
        result.emplace_back(out.to.value(), *message);
      else
        rest.push_back(std::move(out));
    }
    outbox_ = std::move(rest);
    return result;
  }
  void forget_sent() { outbox_.clear(); }
  [[nodiscard]] const std::vector<Outbound>& outbox() const { return outbox_; }

  std::vector<EntryPtr> applied;
  std::vector<Write> writes;
  std::vector<ReadGrant> reads;
  std::vector<ReadRoundId> reads_lost;
  std::vector<EntryId> lost;
  std::vector<EntryId> unknown;
  std::vector<LogRead> log_reads;
  std::vector<SnapshotRead> snapshot_reads;
  std::vector<SnapshotReceived> snapshots_received;

 private:
  void take_one();

  BenchOptions options_;
  Member member_;
  Oracle oracle_;
  std::vector<Outbound> outbox_;
};

}  // namespace conclave::raft::test
