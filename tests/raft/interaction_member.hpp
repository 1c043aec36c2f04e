#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conclave/raft/core.hpp"
#include "interaction_disk.hpp"

/// A member as a test sees it: a real Core with simulated stores, whose every completion is a step of its own.
namespace conclave::raft::test {

class Member {
 public:
  Member(const Config& config, Disk disk, std::uint64_t seed);

  [[nodiscard]] MemberId id() const { return config_.self; }
  [[nodiscard]] bool is_up() const { return core_ != nullptr; }
  /// Throws if the member is down.
  [[nodiscard]] Core& core();
  [[nodiscard]] const Core& core() const;
  [[nodiscard]] const Disk& disk() const { return disk_; }
  [[nodiscard]] const AppliedState& state() const { return state_; }
  [[nodiscard]] const Config& config() const { return config_; }

  /// Takes one Ready and queues its work here; only messages are the caller's to send.
  Ready take_ready();

  [[nodiscard]] const std::deque<Write>& writes() const { return writes_; }
  [[nodiscard]] bool has_to_apply() const { return !to_apply_.empty(); }
  [[nodiscard]] Index last_to_apply() const { return to_apply_.back()->id.index; }
  [[nodiscard]] bool has_log_read() const { return !log_reads_.empty(); }
  [[nodiscard]] bool has_snapshot_read() const { return !snapshot_reads_.empty(); }
  [[nodiscard]] bool has_snapshot_received() const { return !received_.empty(); }

  /// Executes queued writes up to `id` and reports them with one on_durable().
  void finish_writes(WriteId id);
  /// Executes the oldest `count` writes and reports nothing yet.
  void execute_writes(std::size_t count);
  /// Applies handed entries up to `index` and reports it; returns them.
  std::vector<EntryPtr> finish_apply(Index index);
  /// Answers the oldest request from the log store; returns it as text.
  std::string answer_log_read();
  /// Answers the oldest request for a snapshot chunk; `none`: as if there was no snapshot at the moment.
  std::string answer_snapshot_read(bool none = false);
  /// Stores the oldest received chunk; `bad`: as if its bytes did not verify.
  std::string answer_snapshot_received(bool bad = false);
  /// Lets checkpoint and log store drop everything up to `to`, as far as applied and durable allow.
  void compact(Index to);
  /// Writes the state up to min(applied, durable) to the state store.
  void checkpoint();
  /// All memory and every write not executed is gone.
  void crash();
  void restart(std::uint64_t seed);

 private:
  struct Transfer {
    SnapshotMeta meta;
    std::string bytes;
  };

  [[nodiscard]] const Transfer* find_transfer(const SnapshotRead& read);
  void forget_memory();

  Config config_;
  Disk disk_;
  AppliedState state_;
  std::unique_ptr<Core> core_;
  std::deque<Write> writes_;
  std::size_t executed_ = 0;  ///< of writes_, from the front
  std::deque<EntryPtr> to_apply_;
  Index durable_;
  std::deque<LogRead> log_reads_;
  std::deque<SnapshotRead> snapshot_reads_;
  std::deque<SnapshotReceived> received_;
  std::map<MemberId, Transfer> transfers_;
  std::optional<Transfer> receipt_;
};

}  // namespace conclave::raft::test
