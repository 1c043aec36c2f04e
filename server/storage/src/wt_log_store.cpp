#include "wt_log_store.hpp"

#include <utility>

#include "conclave/codec/log_codec.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint64_t groups_between_cuts = 32;

std::size_t size_of(const raft::Write& write) {
  std::size_t bytes = 0;
  for (const auto& entry : write.entries) bytes += raft::size_of(*entry);
  return bytes;
}

}  // namespace

WtLogStore::WtLogStore(LogWriter writer, WtSession reader_session, WtCursor reader_cursor, std::size_t group_bytes_max,
                       Completions& completions)
    : writer_(std::move(writer)),
      reader_session_(std::move(reader_session)),
      reader_cursor_(std::move(reader_cursor)),
      group_bytes_max_(group_bytes_max),
      completions_(completions),
      write_thread_([this] { run_writer(); }),
      read_thread_([this] { run_reader(); }) {}

WtLogStore::~WtLogStore() {
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

void WtLogStore::submit(raft::Write write) {
  {
    const std::scoped_lock lock(write_mutex_);
    writes_.push_back(std::move(write));
  }
  write_wake_.notify_one();
}

void WtLogStore::read(MemberId peer, Index from, std::size_t bytes_max) {
  {
    const std::scoped_lock lock(read_mutex_);
    reads_.push_back({peer, from, bytes_max});
  }
  read_wake_.notify_one();
}

void WtLogStore::cut(raft::EntryId to) {
  {
    const std::scoped_lock lock(write_mutex_);
    if (!cut_to_ || cut_to_->index < to.index) cut_to_ = to;
  }
  write_wake_.notify_one();
}

void WtLogStore::run_writer() {
  std::uint64_t groups_since_cut = 0;
  for (bool good = true; good;) {
    bool cut = false;
    {
      std::unique_lock lock(write_mutex_);
      const auto cut_due = [this] { return cut_to_ || writer_.cutting(); };
      write_wake_.wait(lock, [&] { return write_stop_ || !writes_.empty() || cut_due(); });
      if (writes_.empty() && write_stop_) return;
      // Cutting has time, but under steady load there is never nothing to write, and the log must not grow for ever.
      cut = writes_.empty() || (cut_due() && groups_since_cut >= groups_between_cuts);
    }
    groups_since_cut = cut ? 0 : groups_since_cut + 1;
    good = cut ? go_on_cutting() : write_group();
  }
}

std::vector<raft::Write> WtLogStore::take_group() {
  std::vector<raft::Write> group;
  std::size_t bytes = 0;
  const std::scoped_lock lock(write_mutex_);
  while (!writes_.empty() && (group.empty() || bytes + size_of(writes_.front()) <= group_bytes_max_)) {
    bytes += size_of(writes_.front());
    group.push_back(std::move(writes_.front()));
    writes_.pop_front();
  }
  return group;
}

bool WtLogStore::write_group() {
  const auto group = take_group();
  const auto bytes = writer_.execute(group);
  if (!bytes.has_value()) {
    completions_.fail(bytes.error());
    return false;
  }
  completions_.report(engine::LogDurable{group.back().id, *bytes});
  return true;
}

bool WtLogStore::go_on_cutting() {
  std::optional<raft::EntryId> to;
  {
    const std::scoped_lock lock(write_mutex_);
    to = std::exchange(cut_to_, std::nullopt);
  }
  if (to && !check(writer_.begin_cut(*to))) return false;
  return !writer_.cutting() || check(writer_.cut_some());
}

bool WtLogStore::check(const Result<void>& done) {
  if (!done.has_value()) completions_.fail(done.error());
  return done.has_value();
}

void WtLogStore::run_reader() {
  for (;;) {
    ReadRequest request;
    {
      std::unique_lock lock(read_mutex_);
      read_wake_.wait(lock, [this] { return read_stop_ || !reads_.empty(); });
      if (read_stop_) return;
      request = reads_.front();
      reads_.pop_front();
    }
    auto entries = entries_from(request);
    if (!entries.has_value()) {
      completions_.fail(entries.error());
      return;
    }
    completions_.report(engine::LogEntries{request.peer, request.from, std::move(*entries)});
  }
}

Result<std::vector<raft::EntryPtr>> WtLogStore::entries_from(const ReadRequest& request) {
  const WtTransaction view(reader_session_);  // one consistent view: a truncation or cut goes on beside it
  std::vector<raft::EntryPtr> entries;
  std::size_t bytes = 0;
  reader_cursor_.set_key(request.from.value());
  auto there = reader_cursor_.search();
  for (; there.has_value() && *there; there = reader_cursor_.next()) {
    if (Index(reader_cursor_.number_key()) != request.from.plus(entries.size())) break;
    auto row = codec::decode_entry(Bytes(std::string(reader_cursor_.value())));
    if (!row.has_value()) return fail(row.error());
    bytes += raft::size_of(*row->entry);
    if (!entries.empty() && bytes > request.bytes_max) break;
    entries.push_back(std::move(row->entry));
  }
  reader_cursor_.reset();
  if (!there.has_value()) return fail(there.error());
  return entries;
}

}  // namespace conclave::storage
