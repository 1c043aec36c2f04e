#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/time.hpp"
#include "conclave/engine/types.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/raft/ready.hpp"

/// Everything that can happen to an engine, as one variant.
namespace conclave::engine {

struct ClientConnected {
  ConnectionId connection;
  std::string identity;  ///< common name of the verified certificate, or empty
};
struct ClientClosed {
  ConnectionId connection;
};
struct ClientAsked {
  ConnectionId connection;
  RequestId request;
  ClientBody body;
};
/// Bytes of pushed frames that left for the network.
struct ClientWritten {
  ConnectionId connection;
  std::size_t bytes = 0;
};

struct PeerConnected {
  MemberId peer;
  Incarnation incarnation;
};
struct PeerClosed {
  MemberId peer;
  bool by_other_side = false;  ///< closed or reset by the other side, not by silence or by us
};
struct PeerUnreachable {
  MemberId peer;  ///< a frame was dropped
};
struct PeerSaid {
  MemberId from;
  PeerMessage message;
};

struct LogDurable {
  raft::WriteId id;
  std::size_t bytes = 0;  ///< written since the last report; paces checkpoints
  Duration flush{};       ///< what the disk alone took for it; zero where nobody measures
};
struct LogEntries {
  MemberId peer;
  Index from;
  std::vector<raft::EntryPtr> entries;  ///< empty: cut
};
struct CheckpointDone {
  raft::EntryId applied;
  std::uint64_t db_size = 0;  ///< bytes on disk
};
struct HistoryRead {
  std::uint64_t token = 0;
  Revision from;
  std::vector<mvcc::EventBatchPtr> batches;
  bool compacted = false;  ///< `from` is gone
};
struct OverlayRead {
  std::uint64_t token = 0;
  Revision until;
  mvcc::HistoryOverlay overlay;
  bool compacted = false;
};
struct SnapshotChunkRead {
  MemberId peer;
  std::optional<raft::SnapshotChunk> chunk;
};
struct SnapshotStored {
  raft::EntryId last;
  std::uint64_t next_offset = 0;
  bool complete = false;
  bool ok = true;
};
struct MachineLoaded {
  raft::SnapshotMeta meta;
  std::unique_ptr<mvcc::Machine> machine;
};
/// Room on the disk passed a mark (architecture, section 4).
struct DiskSpace {
  bool low = false;   ///< below the soft mark: no growth
  bool full = false;  ///< below the hard mark: no entries
};
/// The disk failed: the engine stops taking work and asks to be ended.
struct StorageFailed {
  Error error;
};
/// Graceful shutdown: a leader hands over first.
struct ShutdownAsked {};

using Event = std::variant<ClientConnected, ClientClosed, ClientAsked, ClientWritten, PeerConnected, PeerClosed, PeerUnreachable,
                           PeerSaid, LogDurable, LogEntries, CheckpointDone, HistoryRead, OverlayRead, SnapshotChunkRead,
                           SnapshotStored, MachineLoaded, DiskSpace, StorageFailed, ShutdownAsked>;

}  // namespace conclave::engine
