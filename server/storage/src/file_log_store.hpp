#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "completions.hpp"
#include "conclave/engine/ports.hpp"
#include "log_writer.hpp"

namespace conclave::storage {

/// The raft log in its segment files. One thread writes the log and nothing else: it takes every write that is queued, carries them
/// out as one record and one flush, and reports the highest id. A second thread reads old entries for followers and prepares the
/// next file, so that neither waits for the other. The port's calls only enqueue and may come from any one thread.
class FileLogStore final : public engine::LogStore {
 public:
  /// The others outlive it; `on_log_thread` may be empty.
  FileLogStore(LogWriter writer, SegmentDirectory& directory, const LogIndex& index, std::size_t group_bytes_max,
               Completions& completions, std::function<void()> on_log_thread);
  /// Carries out what is queued, then ends both threads.
  ~FileLogStore() override;
  FileLogStore(const FileLogStore&) = delete;
  FileLogStore& operator=(const FileLogStore&) = delete;

  void submit(raft::Write write) override;
  void read(MemberId peer, Index from, std::size_t bytes_max) override;
  void cut(raft::EntryId to) override;

 private:
  struct ReadRequest {
    MemberId peer;
    Index from;
    std::size_t bytes_max = 0;
  };
  void run_writer();
  void run_reader();
  [[nodiscard]] bool write_group();
  [[nodiscard]] bool go_on_cutting();
  [[nodiscard]] std::vector<raft::Write> take_group();
  void want_spare();
  [[nodiscard]] bool answer(const ReadRequest& request);
  [[nodiscard]] bool check(const Result<void>& done);

  LogWriter writer_;  // of the writing thread
  SegmentDirectory& directory_;
  const LogIndex& index_;
  std::size_t group_bytes_max_;
  Completions& completions_;

  std::mutex write_mutex_;
  std::condition_variable write_wake_;
  std::deque<raft::Write> writes_;
  std::optional<raft::EntryId> cut_to_;
  bool write_stop_ = false;

  std::mutex read_mutex_;
  std::condition_variable read_wake_;
  std::deque<ReadRequest> reads_;
  bool spare_wanted_ = true;
  bool read_stop_ = false;

  std::thread write_thread_;  // last: they use everything above
  std::thread read_thread_;
};

}  // namespace conclave::storage
