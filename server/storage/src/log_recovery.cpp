#include "log_recovery.hpp"

#include <string>
#include <system_error>
#include <utility>

#include "conclave/codec/log_codec.hpp"
#include "log_replay.hpp"

namespace conclave::storage {
namespace {

constexpr std::size_t record_bytes = std::size_t{1} << 20;  // of a log that is made with entries in it

/// Files before a gap are left over from a cut that a crash interrupted.
std::vector<std::uint64_t> without_gap(std::vector<std::uint64_t> numbers) {
  for (std::size_t i = numbers.size(); i > 1; --i) {
    if (numbers[i - 2] + 1 == numbers[i - 1]) continue;
    numbers.erase(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(i - 1));
    break;
  }
  return numbers;
}

/// To be read once: past the page cache, where it is not because the log is written past it, too.
Result<SegmentPtr> open_segment(const SegmentDirectory& directory, std::uint64_t number) {
  return directory.open(number, {}, 0, File::Mode::read_direct);
}

/// Reads all segments through a replay.
class Walk {
 public:
  Walk(SegmentDirectory& directory, LogReplay& replay) : directory_(directory), replay_(replay) {}

  Result<void> read(std::uint64_t number, bool newest) {
    auto opened = open_segment(directory_, number);
    if (!opened.has_value()) return fail(opened.error());
    RecordScanner scanner(**opened, 0);
    const auto first = scanner.next();
    if (!first.has_value()) return fail(first.error());
    const bool begun = *first && (*first)->begins();
    if (!begun && newest && replay_.begun()) return directory_.retire(number, true);  // its beginning was never acknowledged
    if (!begun || !replay_.follows(**first))
      return fail(Errc::corruption, (*opened)->file.path().string() + ": does not go on where the records before it end");
    // Opened again with what it follows, for those who read it later.
    auto segment = directory_.open(number, (*first)->head.last, (*first)->head.checksum);
    if (!segment.has_value()) return fail(segment.error());
    tail_.segments.push_back(std::move(*segment));
    if (auto done = add(**first, scanner); !done.has_value()) return done;
    return read_rest(scanner);
  }

  [[nodiscard]] LogTail take() {
    tail_.checksum = replay_.checksum();
    return std::move(tail_);
  }

 private:
  Result<void> read_rest(RecordScanner& scanner) {
    for (;;) {
      const auto record = scanner.next();
      if (!record.has_value()) return fail(record.error());
      if (!*record || (*record)->begins() || !replay_.follows(**record)) return {};
      if (auto done = add(**record, scanner); !done.has_value()) return done;
    }
  }

  Result<void> add(const Record& record, const RecordScanner& scanner) {
    tail_.end = scanner.end();
    const auto& segment = tail_.segments.back();
    if (auto done = replay_.add(record, segment, scanner.offset()); !done.has_value()) {
      return fail(done.error().code,
                  segment->file.path().string() + " at " + std::to_string(scanner.offset()) + ": " + done.error().context);
    }
    return {};
  }

  SegmentDirectory& directory_;
  LogReplay& replay_;
  LogTail tail_;
};

Result<void> write_start(const std::filesystem::path& path, const LogStart& start) {
  auto file = File::open(path, File::Mode::write);
  if (!file.has_value()) return fail(file.error());
  RecordBuilder builder;
  builder.add(ItemKind::begins, codec::encode_snapshot_meta(start.base));
  auto head = start.head;
  std::uint64_t offset = 0;
  const auto write = [&](std::uint32_t previous) {
    const auto bytes = builder.finish(1, previous, head);
    auto done = file->write_at(offset, bytes);
    offset += bytes.size();
    builder.clear();
    return done;
  };
  if (auto done = write(0); !done.has_value()) return done;
  for (std::size_t i = 0; i < start.entries.size(); ++i) {
    const auto row = codec::encode_entry(*start.entries[i], head.checksum);
    head.last = start.entries[i]->id;
    head.checksum = row.checksum;
    builder.add(ItemKind::entry, row.bytes);
    if (builder.size() < record_bytes && i + 1 < start.entries.size()) continue;
    ++head.sequence;
    if (auto done = write(builder.checksum()); !done.has_value()) return done;
  }
  return file->sync_data();
}

std::size_t room_for(const LogStart& start, std::size_t segment_bytes) {
  std::size_t bytes = 2 * block_bytes + record_bytes;
  for (const auto& entry : start.entries) bytes += raft::size_of(*entry) + 2 * block_bytes;
  return std::max(bytes, segment_bytes);
}

}  // namespace

Result<void> create_log(const std::filesystem::path& root, std::size_t segment_bytes, const LogStart& start) {
  const auto beside = root / "log.new";
  std::error_code code;
  std::filesystem::remove_all(beside, code);
  if (code) return fail(Errc::io_error, "emptying " + beside.string() + ": " + code.message());
  if (auto done = make_directory(beside); !done.has_value()) return done;
  SegmentDirectory directory(beside, segment_bytes);
  const auto bytes = start.entries.empty() ? segment_bytes : room_for(start, segment_bytes);
  if (auto done = directory.make(1, bytes); !done.has_value()) return done;
  if (auto done = write_start(directory.path_of(1), start); !done.has_value()) return done;
  if (auto done = directory.sync(); !done.has_value()) return done;
  std::filesystem::rename(beside, root / "log", code);
  if (code) return fail(Errc::io_error, "renaming " + beside.string() + ": " + code.message());
  return sync_directory(root);
}

Result<Head> read_head(const SegmentDirectory& directory) {
  const auto numbers = directory.numbers();
  if (!numbers.has_value()) return fail(numbers.error());
  for (auto number = numbers->rbegin(); number != numbers->rend(); ++number) {
    auto segment = open_segment(directory, *number);
    if (!segment.has_value()) return fail(segment.error());
    RecordScanner scanner(**segment, 0);
    std::optional<Head> head;
    std::uint32_t checksum = 0;
    for (;;) {
      const auto record = scanner.next();
      if (!record.has_value()) return fail(record.error());
      if (!*record || (head && (*record)->previous != checksum)) break;
      head = (*record)->head;
      checksum = (*record)->checksum;
    }
    if (head) return *head;
    if (number != numbers->rbegin()) break;  // only the newest may be an unfinished beginning
  }
  return fail(Errc::corruption, "the log has no segment that verifies");
}

Result<RecoveredLog> recover_log(SegmentDirectory& directory, LogIndex& index, Index applied, std::size_t keep_bytes) {
  const auto all = directory.numbers();
  if (!all.has_value()) return fail(all.error());
  const auto numbers = without_gap(*all);
  LogReplay replay(index, applied, keep_bytes);
  Walk walk(directory, replay);
  for (const auto number : numbers) {
    if (auto done = walk.read(number, number == numbers.back()); !done.has_value()) return fail(done.error());
  }
  if (!replay.begun()) return fail(Errc::corruption, "the log has no segment");
  auto tail = walk.take();
  auto log = replay.finish();
  log.tail = std::move(tail);
  if (log.base && log.base->last.index > applied) {
    return fail(Errc::corruption,
                "the log starts after index " + to_string(log.base->last.index) + ", but the state is at " + to_string(applied));
  }
  for (const auto number : *all) {
    if (number >= numbers.front()) break;
    if (auto done = directory.retire(number, false); !done.has_value()) return fail(done.error());
  }
  // What was found may still have been in memory when the process before died.
  for (const auto& segment : log.tail.segments) {
    if (auto done = segment->file.sync_data(); !done.has_value()) return fail(done.error());
  }
  if (auto done = directory.sync(); !done.has_value()) return fail(done.error());
  return log;
}

}  // namespace conclave::storage
