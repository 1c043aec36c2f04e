#include "log_reader.hpp"

#include <string>
#include <utility>

namespace conclave::storage {
namespace {

struct Reading {
  std::vector<codec::DecodedLogRow> rows;
  Index next;
  std::size_t bytes = 0;
  std::size_t bytes_max = 0;
  bool full = false;
};

Result<void> take(const Record& record, Index last, Reading& reading) {
  for (const auto& item : record.items) {
    if (item.kind != ItemKind::entry) continue;
    auto row = codec::decode_entry(Bytes(std::string(item.bytes)));
    if (!row.has_value()) return fail(row.error());
    if (row->entry->id.index != reading.next || reading.next > last) continue;
    reading.bytes += raft::size_of(*row->entry);
    if (!reading.rows.empty() && reading.bytes > reading.bytes_max) {
      reading.full = true;
      return {};
    }
    reading.rows.push_back(std::move(*row));
    reading.next = reading.next.next();
  }
  return {};
}

Result<void> read_place(const LogIndex::Place& place, Reading& reading) {
  RecordScanner scanner(*place.segment, place.offset);
  while (!reading.full && reading.next <= place.last) {
    const auto record = scanner.next();
    if (!record.has_value()) return fail(record.error());
    if (!*record) {
      return fail(Errc::corruption, place.segment->file.path().string() + ": index " + to_string(reading.next) + " is missing");
    }
    if (auto done = take(**record, place.last, reading); !done.has_value()) return done;
  }
  return {};
}

}  // namespace

Result<std::vector<codec::DecodedLogRow>> read_entries(const LogIndex& index, Index from, std::size_t bytes_max) {
  Reading reading;
  reading.next = from;
  reading.bytes_max = bytes_max;
  while (!reading.full) {
    const auto place = index.find(reading.next);
    if (!place) break;
    if (auto done = read_place(*place, reading); !done.has_value()) return fail(done.error());
  }
  return std::move(reading.rows);
}

}  // namespace conclave::storage
