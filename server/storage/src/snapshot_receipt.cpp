#include "snapshot_receipt.hpp"

#include <utility>
#include <vector>

#include "conclave/base/assert.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint64_t row_bytes_max = 64 << 20;  // of key and value; a history row holds what one log entry changed

}  // namespace

Result<std::unique_ptr<SnapshotReceipt>> SnapshotReceipt::begin(const std::filesystem::path& path, raft::SnapshotMeta meta) {
  auto file = File::open(path, File::Mode::create_empty);
  if (!file.has_value()) return fail(file.error());
  return std::unique_ptr<SnapshotReceipt>(new SnapshotReceipt(std::move(*file), std::move(meta)));
}

SnapshotReceipt::~SnapshotReceipt() { static_cast<void>(remove_file(file_.path())); }

Result<void> SnapshotReceipt::append(ByteView bytes) {
  CONCLAVE_ASSERT(bytes.size() <= meta_.total_bytes - size_);
  if (auto done = file_.write_at(size_, bytes); !done.has_value()) return done;
  size_ += bytes.size();
  return {};
}

ReceiptLoader::ReceiptLoader(const SnapshotReceipt& receipt, StateTable table, const mvcc::MachineConfig& config)
    : receipt_(receipt), table_(std::move(table)), reader_(row_bytes_max), loader_(config) {
  CONCLAVE_ASSERT(receipt.has_all());
}

Result<bool> ReceiptLoader::step(std::size_t bytes) {
  const auto piece = receipt_.read_at(offset_, bytes);
  if (!piece.has_value()) return fail(piece.error());
  offset_ += piece->size();
  std::vector<std::pair<std::string, std::string>> rows;
  const auto fed = reader_.feed(*piece, [&](codec::Table kind, ByteView key, ByteView value) -> Result<void> {
    rows.emplace_back(state_key(kind, key), value);
    if (rows.back().first <= last_key_) return fail(Errc::corruption, "the snapshot's rows are not in order");
    last_key_ = rows.back().first;
    return loader_.add(kind, key, value);
  });
  if (!fed.has_value()) {
    bad_ = fed.error();
    return false;
  }
  std::vector<StateTable::Put> puts;
  puts.reserve(rows.size());
  for (const auto& [key, value] : rows) puts.push_back({key, &value});
  if (auto done = table_.write(std::move(puts)); !done.has_value()) return fail(done.error());
  if (!piece->empty() && offset_ < receipt_.size()) return true;
  finish();
  return false;
}

void ReceiptLoader::finish() {
  if (!reader_.complete()) {
    bad_ = Error{Errc::corruption, "the snapshot ends in the middle"};
    return;
  }
  auto machine = loader_.finish();
  if (!machine.has_value()) {
    bad_ = machine.error();
    return;
  }
  const auto& meta = (*machine)->meta();
  if (meta.applied != receipt_.meta().last.index || meta.applied_term != receipt_.meta().last.term) {
    bad_ = Error{Errc::corruption, "the snapshot holds the state at index " + to_string(meta.applied) + ", announced was index " +
                                       to_string(receipt_.meta().last.index)};
    return;
  }
  machine_ = std::move(*machine);
}

}  // namespace conclave::storage
