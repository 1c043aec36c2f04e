#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "completions.hpp"
#include "conclave/base/time.hpp"
#include "conclave/engine/ports.hpp"
#include "conclave/storage/options.hpp"
#include "log_writer.hpp"

namespace conclave::storage {

/// The raft log in its segment files. One thread writes the log and nothing else: it takes every write that is queued, carries them
/// out as one record and one flush, and reports the highest id. A second thread reads old entries for followers and prepares the
/// next file, so that neither waits for the other. The port's calls only enqueue and come from one thread at a time. With
/// Options::log_on_request that thread may also carry out what is queued itself: claim(), write_claimed().
class FileLogStore final : public engine::LogStore {
 public:
  /// The others outlive it.
  FileLogStore(LogWriter writer, SegmentDirectory& directory, const LogIndex& index, Completions& completions,
               const Options& options);
  /// Carries out what is queued, then ends both threads.
  ~FileLogStore() override;
  FileLogStore(const FileLogStore&) = delete;
  FileLogStore& operator=(const FileLogStore&) = delete;

  void submit(raft::Write write) override;
  void read(MemberId peer, Index from, std::size_t bytes_max) override;
  void cut(raft::EntryId to) override;

  /// See Storage.
  [[nodiscard]] bool claim(bool has_time);
  void write_claimed();

 private:
  struct ReadRequest {
    MemberId peer;
    Index from;
    std::size_t bytes_max = 0;
  };
  void run_writer();
  [[nodiscard]] bool await_work(bool& cut, std::uint64_t groups_since_cut);
  [[nodiscard]] bool work_done(bool good);
  [[nodiscard]] bool is_little() const;
  void run_reader();
  [[nodiscard]] bool write_group();
  [[nodiscard]] bool go_on_cutting();
  [[nodiscard]] std::vector<raft::Write> take_group();
  void want_spare();
  [[nodiscard]] bool answer(const ReadRequest& request);
  [[nodiscard]] bool check(const Result<void>& done);

  LogWriter writer_;  // of whoever set writing_
  SegmentDirectory& directory_;
  const LogIndex& index_;
  std::size_t group_bytes_max_;
  bool on_request_;
  Duration quick_flush_max_;
  Completions& completions_;

  std::mutex write_mutex_;
  std::condition_variable write_wake_;
  std::deque<raft::Write> writes_;
  std::optional<raft::EntryId> cut_to_;
  bool writing_ = false;
  bool quick_ = false;   // the last flush was
  bool broken_ = false;  // nothing is written any more
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
