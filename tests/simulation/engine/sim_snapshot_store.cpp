#include <algorithm>

#include "conclave/codec/snapshot_codec.hpp"
#include "engine/storage_parts.hpp"

namespace conclave::sim {
namespace {

using Rows = std::map<std::pair<codec::Table, std::string>, std::string>;

Result<Rows> rows_of(const std::string& snapshot) {
  Rows rows;
  codec::SnapshotReader reader;
  const auto fed = reader.feed(snapshot, [&](codec::Table table, ByteView key, ByteView value) -> Result<void> {
    const auto row = codec::decode_row(table, key, value);
    if (!row) return fail(row.error());
    rows[{table, std::string(key)}] = std::string(value);
    return {};
  });
  if (!fed) return fail(fed.error());
  if (!reader.complete()) return fail(Errc::corruption, "a snapshot without an end");
  return rows;
}

/// The bytes verify and hold the state at this index.
bool is_snapshot_of(raft::EntryId last, const std::string& bytes) {
  auto rows = rows_of(bytes);
  if (!rows) return false;
  StateImage image;
  image.rows = std::move(*rows);
  const auto machine = machine_of(image, {});
  return machine && (*machine)->applied() == last.index && (*machine)->meta().applied_term == last.term;
}

}  // namespace

Result<std::unique_ptr<mvcc::Machine>> machine_of(const StateImage& image, const mvcc::MachineConfig& config) {
  auto machine = std::make_unique<mvcc::Machine>(config);
  if (image.rows.empty()) return machine;
  for (const auto& [key, value] : image.rows) {
    auto row = codec::decode_row(key.first, key.second, value);
    if (!row) return fail(row.error());
    if (const auto restored = machine->restore(std::move(*row)); !restored) return fail(restored.error());
  }
  if (const auto finished = machine->finish_restore(); !finished) return fail(finished.error());
  return machine;
}

std::string SimSnapshotStore::serialise() const {
  std::string bytes;
  codec::SnapshotWriter writer;
  writer.start(bytes);
  for (const auto& [key, value] : shared_.image.rows) writer.add(key.first, key.second, value, bytes);
  writer.finish(bytes);
  return bytes;
}

std::optional<raft::SnapshotChunk> SimSnapshotStore::chunk_for(const raft::SnapshotRead& request) {
  auto pin = pins_.find(request.peer);
  if (!request.meta) {
    if (shared_.image.applied.index < request.at_least) {
      const raft::EntryId applied = state_.fold();
      shared_.owner.deliver(engine::CheckpointDone{applied, 0});
    }
    const raft::EntryId applied = shared_.image.applied;
    if (applied.index < request.at_least || applied.index.is_zero()) return std::nullopt;
    std::string bytes = serialise();
    raft::SnapshotMeta meta{applied, shared_.membership_at(applied.index), bytes.size()};
    shared_.owner.on_snapshot_pinned(meta);
    pin = pins_.insert_or_assign(request.peer, Pin{std::move(meta), std::move(bytes)}).first;
  } else if (pin == pins_.end() || pin->second.meta != *request.meta) {
    return std::nullopt;
  }
  raft::SnapshotChunk chunk;
  chunk.meta = pin->second.meta;
  chunk.offset = std::min<std::uint64_t>(request.offset, pin->second.bytes.size());
  chunk.bytes = Bytes(pin->second.bytes.substr(chunk.offset, std::max<std::size_t>(request.bytes_max, 1)));
  chunk.done = chunk.offset + chunk.bytes.size() == chunk.meta.total_bytes;
  return chunk;
}

void SimSnapshotStore::read(const raft::SnapshotRead& request) {
  shared_.answer(microseconds(20), milliseconds(40), "snapshot read", [this, request] {
    shared_.owner.deliver(engine::SnapshotChunkRead{request.peer, chunk_for(request)});
  });
}

engine::SnapshotStored SimSnapshotStore::take(const raft::SnapshotReceived& chunk) {
  engine::SnapshotStored stored{chunk.meta.last, 0, false, true};
  if (chunk.offset == 0) receiving_ = StateImage::Receipt{chunk.meta, {}};
  const bool ours = receiving_ && receiving_->meta == chunk.meta;
  if (!ours || receiving_->bytes.size() != chunk.offset) {
    stored.next_offset = ours ? receiving_->bytes.size() : 0;  // where to go on
    return stored;
  }
  receiving_->bytes += chunk.bytes.view();
  stored.next_offset = receiving_->bytes.size();
  if (receiving_->bytes.size() < chunk.meta.total_bytes) return stored;
  stored.ok = receiving_->bytes.size() == chunk.meta.total_bytes && is_snapshot_of(chunk.meta.last, receiving_->bytes);
  stored.complete = stored.ok;
  if (stored.ok) shared_.image.receipt = std::move(receiving_);
  if (!stored.ok) stored.next_offset = 0;
  receiving_.reset();
  return stored;
}

void SimSnapshotStore::store(raft::SnapshotReceived chunk) {
  shared_.answer(microseconds(20), milliseconds(40), "snapshot store",
                 [this, received = std::move(chunk)] { shared_.owner.deliver(take(received)); });
}

void SimSnapshotStore::install(const raft::SnapshotMeta& meta) {
  StateImage& image = shared_.image;
  require(image.receipt && image.receipt->meta == meta,
          [] { return std::string("a snapshot is installed that was not received"); });
  require(meta.last.index > image.applied.index, [] { return std::string("a snapshot is installed that is not newer"); });
  auto rows = rows_of(image.receipt->bytes);
  require(rows.has_value(), [] { return std::string("a snapshot is installed that does not verify"); });
  image.rows = std::move(*rows);
  image.applied = meta.last;
  image.receipt.reset();
  image.memberships = {{meta.last.index, meta.membership}};
  shared_.memberships.erase(shared_.memberships.begin(), shared_.memberships.upper_bound(meta.last.index));
  shared_.memberships[meta.last.index] = meta.membership;
  state_.replaced();
}

void SimSnapshotStore::load_installed(const raft::SnapshotMeta& meta) {
  shared_.answer(microseconds(20), milliseconds(60), "load snapshot", [this, meta] {
    auto machine = machine_of(shared_.image, machine_config);
    require(machine.has_value(), [&] { return "an installed snapshot does not load: " + machine.error().message(); });
    shared_.owner.deliver(engine::MachineLoaded{meta, std::move(*machine)});
  });
}

void SimSnapshotStore::set_membership(Index from, const raft::Membership& membership) {
  shared_.memberships.erase(shared_.memberships.lower_bound(from), shared_.memberships.end());
  shared_.memberships[from] = membership;
}

void SimSnapshotStore::crashed() {
  pins_.clear();
  receiving_.reset();
}

}  // namespace conclave::sim
