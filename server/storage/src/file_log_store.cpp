#include "file_log_store.hpp"

#include <pthread.h>

#include <utility>

#include "log_reader.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint64_t groups_between_cuts = 32;

/// What a caller may write itself: more keeps it from its other work for longer than waking the log thread would.
constexpr std::size_t claimed_bytes_max = std::size_t{128} << 10;

std::size_t size_of(const raft::Write& write) {
  std::size_t bytes = 0;
  for (const auto& entry : write.entries) bytes += raft::size_of(*entry);
  return bytes;
}

/// What changes the end of the log starts a record of its own, so that an index stands in a record once.
bool fits_behind(const raft::Write& write, std::size_t bytes, std::size_t bytes_max) {
  return !write.truncate_from && !write.install_snapshot && bytes + size_of(write) <= bytes_max;
}

}  // namespace

FileLogStore::FileLogStore(LogWriter writer, SegmentDirectory& directory, const LogIndex& index, Completions& completions,
                           const Options& options)
    : writer_(std::move(writer)),
      directory_(directory),
      index_(index),
      group_bytes_max_(options.group_bytes_max),
      on_request_(options.log_on_request),
      quick_flush_max_(options.quick_flush_max),
      completions_(completions),
      write_thread_([this, first = options.on_log_thread] {
        ::pthread_setname_np(::pthread_self(), "log");
        if (first) first();
        run_writer();
      }),
      read_thread_([this] {
        ::pthread_setname_np(::pthread_self(), "log reader");
        run_reader();
      }) {}

FileLogStore::~FileLogStore() {
  {
    const std::scoped_lock lock(write_mutex_);
    write_stop_ = true;
  }
  {
    const std::scoped_lock lock(read_mutex_);
    read_stop_ = true;
  }
  write_wake_.notify_all();
  read_wake_.notify_all();
  write_thread_.join();
  read_thread_.join();
}

void FileLogStore::submit(raft::Write write) {
  {
    const std::scoped_lock lock(write_mutex_);
    writes_.push_back(std::move(write));
  }
  if (!on_request_) write_wake_.notify_one();
}

void FileLogStore::read(MemberId peer, Index from, std::size_t bytes_max) {
  {
    const std::scoped_lock lock(read_mutex_);
    reads_.push_back({peer, from, bytes_max});
  }
  read_wake_.notify_one();
}

void FileLogStore::cut(raft::EntryId to) {
  {
    const std::scoped_lock lock(write_mutex_);
    if (!cut_to_ || cut_to_->index < to.index) cut_to_ = to;
  }
  write_wake_.notify_one();
}

bool FileLogStore::is_little() const {
  std::size_t bytes = 0;
  for (const auto& write : writes_) {
    if (!fits_behind(write, bytes, claimed_bytes_max)) return false;
    bytes += size_of(write);
  }
  return true;
}

bool FileLogStore::claim(bool has_time) {
  {
    const std::scoped_lock lock(write_mutex_);
    if (writes_.empty() || writing_ || broken_) return false;
    writing_ = has_time && quick_ && is_little();
    if (writing_) return true;
  }
  write_wake_.notify_one();
  return false;
}

void FileLogStore::write_claimed() {
  if (work_done(write_group())) write_wake_.notify_one();
}

/// True: the log thread has something to do.
bool FileLogStore::work_done(bool good) {
  const std::scoped_lock lock(write_mutex_);
  writing_ = false;
  broken_ = !good;
  return broken_ || write_stop_ || !writes_.empty() || cut_to_;
}

/// False: there is nothing to do any more.
bool FileLogStore::await_work(bool& cut, std::uint64_t groups_since_cut) {
  std::unique_lock lock(write_mutex_);
  const auto cut_due = [this] { return cut_to_ || writer_.cutting(); };
  write_wake_.wait(lock, [&] { return broken_ || (!writing_ && (write_stop_ || !writes_.empty() || cut_due())); });
  if (broken_ || (writes_.empty() && write_stop_)) return false;
  // Cutting has time, but under steady load there is never nothing to write, and the log must not grow for ever.
  cut = writes_.empty() || (cut_due() && groups_since_cut >= groups_between_cuts);
  writing_ = true;
  return true;
}

void FileLogStore::run_writer() {
  std::uint64_t groups_since_cut = 0;
  for (bool cut = false; await_work(cut, groups_since_cut);) {
    groups_since_cut = cut ? 0 : groups_since_cut + 1;
    static_cast<void>(work_done(cut ? go_on_cutting() : write_group()));
  }
}

std::vector<raft::Write> FileLogStore::take_group() {
  std::vector<raft::Write> group;
  std::size_t bytes = 0;
  const std::scoped_lock lock(write_mutex_);
  while (!writes_.empty() && (group.empty() || fits_behind(writes_.front(), bytes, group_bytes_max_))) {
    bytes += size_of(writes_.front());
    group.push_back(std::move(writes_.front()));
    writes_.pop_front();
  }
  return group;
}

bool FileLogStore::write_group() {
  const auto group = take_group();
  const auto bytes = writer_.execute(group);
  if (!bytes.has_value()) {
    completions_.fail(bytes.error());
    return false;
  }
  {
    const std::scoped_lock lock(write_mutex_);
    quick_ = writer_.last_flush() <= quick_flush_max_;
  }
  completions_.report(engine::LogDurable{group.back().id, *bytes, writer_.last_flush()});
  if (writer_.take_begun()) want_spare();
  return true;
}

bool FileLogStore::go_on_cutting() {
  std::optional<raft::EntryId> to;
  {
    const std::scoped_lock lock(write_mutex_);
    to = std::exchange(cut_to_, std::nullopt);
  }
  if (to) writer_.begin_cut(*to);
  return !writer_.cutting() || check(writer_.cut_some());
}

bool FileLogStore::check(const Result<void>& done) {
  if (!done.has_value()) completions_.fail(done.error());
  return done.has_value();
}

void FileLogStore::want_spare() {
  {
    const std::scoped_lock lock(read_mutex_);
    spare_wanted_ = true;
  }
  read_wake_.notify_one();
}

void FileLogStore::run_reader() {
  for (;;) {
    std::optional<ReadRequest> request;
    {
      std::unique_lock lock(read_mutex_);
      read_wake_.wait(lock, [this] { return read_stop_ || spare_wanted_ || !reads_.empty(); });
      if (read_stop_) return;
      if (!reads_.empty()) {
        request = reads_.front();
        reads_.pop_front();
      } else {
        spare_wanted_ = false;
      }
    }
    if (request) {
      if (!answer(*request)) return;
    } else {
      // No failure of the storage: the log thread makes the file itself, and says what is wrong if it cannot.
      static_cast<void>(directory_.prepare_spare());
    }
  }
}

bool FileLogStore::answer(const ReadRequest& request) {
  auto rows = read_entries(index_, request.from, request.bytes_max);
  if (!rows.has_value()) {
    completions_.fail(rows.error());
    return false;
  }
  std::vector<raft::EntryPtr> entries;
  entries.reserve(rows->size());
  for (auto& row : *rows) entries.push_back(std::move(row.entry));
  completions_.report(engine::LogEntries{request.peer, request.from, std::move(entries)});
  return true;
}

}  // namespace conclave::storage
