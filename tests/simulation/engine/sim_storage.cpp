#include "engine/sim_storage.hpp"

#include <algorithm>

#include "conclave/codec/log_codec.hpp"
#include "engine/storage_parts.hpp"

namespace conclave::sim {
namespace {

/// Writes the entries as rows and reads them back, as a process that starts does.
Result<std::vector<raft::EntryPtr>> through_codec(const std::vector<raft::EntryPtr>& entries) {
  std::vector<raft::EntryPtr> read;
  std::uint32_t checksum = 0;
  for (const auto& entry : entries) {
    codec::LogRow row = codec::encode_entry(*entry, checksum);
    auto decoded = codec::decode_entry(Bytes(std::move(row.bytes)));
    if (!decoded) return fail(decoded.error());
    if (decoded->previous_checksum != checksum || decoded->checksum != row.checksum || decoded->entry->id != entry->id)
      return fail(Errc::corruption, "a log row does not follow the one before");
    checksum = row.checksum;
    read.push_back(decoded->entry);
  }
  return read;
}

/// The greatest cluster time in state and log. A batch that does not decode has none; whoever applies it says so.
raft::Stamp newest_stamp(const mvcc::Machine& machine, const std::vector<raft::EntryPtr>& entries,
                         const engine::BatchCodec& batches) {
  ClusterTime newest = machine.stamp();
  for (const auto& entry : entries) {
    const auto* payload = std::get_if<Bytes>(&entry->body);
    if (payload == nullptr) continue;
    Arena arena;
    if (const auto batch = batches.decode(*payload, arena)) newest = std::max(newest, batch->stamp);
  }
  return raft::Stamp(static_cast<std::uint64_t>(to_millis(newest)));
}

}  // namespace

raft::Membership StorageShared::membership_at(Index index) const {
  auto after = memberships.upper_bound(index);
  require(after != memberships.begin(), [&] { return "no membership is known at index " + to_string(index); });
  return std::prev(after)->second;
}

SimStorage::SimStorage(World& world, const DiskSettings& settings, std::uint64_t node, raft::Membership bootstrap)
    : deliver([](engine::Event) {}),
      on_snapshot_pinned([](const raft::SnapshotMeta&) {}),
      on_set_durable([](Index) {}),
      parts_(std::make_unique<Parts>(*this, world, settings, node)) {
  StorageShared& shared = parts_->shared;
  shared.image.memberships[Index()] = bootstrap;
  shared.disk.mutable_image().base_membership = std::move(bootstrap);
  shared.disk.on_done = [this](raft::WriteId id) { parts_->log.on_done(id); };
  shared.disk.on_failed = [this] { deliver(engine::StorageFailed{Error{Errc::io_error, "the log cannot be flushed"}}); };
  shared.disk.on_install = [this](const raft::SnapshotMeta& meta) { parts_->snapshots.install(meta); };
  shared.disk.checkpointed = [this] { return parts_->shared.image.applied.index; };
}

SimStorage::~SimStorage() = default;

Result<engine::Recovered> SimStorage::open(const mvcc::MachineConfig& config, const engine::BatchCodec& batches) {
  StorageShared& shared = parts_->shared;
  shared.memberships = shared.image.memberships;
  parts_->snapshots.machine_config = config;
  auto machine = machine_of(shared.image, config);
  if (!machine) return fail(machine.error());
  parts_->state.opened((*machine)->applied(), (*machine)->compacted());
  auto entries = through_codec(shared.disk.image().entries);
  if (!entries) return fail(entries.error());
  const LogImage& image = shared.disk.image();
  engine::Recovered recovered;
  recovered.raft.hard_state = *codec::decode_hard_state(codec::encode_hard_state(image.hard_state));
  if (!image.base.index.is_zero()) recovered.raft.snapshot = raft::SnapshotMeta{image.base, image.base_membership, 0};
  recovered.raft.membership = image.base_membership;
  recovered.raft.applied = (*machine)->applied();
  recovered.raft.stamp = newest_stamp(**machine, *entries, batches);
  recovered.raft.entries = std::move(*entries);
  recovered.machine = std::move(*machine);
  return recovered;
}

void SimStorage::crash() {
  StorageShared& shared = parts_->shared;
  ++shared.life;
  shared.disk.crash();
  parts_->state.crashed();
  parts_->snapshots.crashed();
  parts_->log.forget();
}

void SimStorage::close() {
  parts_->shared.disk.finish();
  parts_->state.fold();
  crash();
}

engine::LogStore& SimStorage::log() { return parts_->log; }
engine::StateStore& SimStorage::state() { return parts_->state; }
engine::SnapshotStore& SimStorage::snapshots() { return parts_->snapshots; }
LogDisk& SimStorage::log_disk() { return parts_->shared.disk; }
const LogDisk& SimStorage::log_disk() const { return parts_->shared.disk; }
const StateImage& SimStorage::image() const { return parts_->shared.image; }

}  // namespace conclave::sim
