#pragma once

#include <functional>
#include <memory>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"
#include "conclave/engine/engine.hpp"
#include "conclave/engine/ports.hpp"
#include "conclave/storage/options.hpp"

namespace conclave::storage {

struct Opened;

/// The stores of one member on one data directory, which no other process has open (docs/storage.md). Three threads: one writes the
/// log and nothing else, one reads old entries for followers, one writes the state and does the background work.
///
/// The stores' calls only enqueue; one thread at a time makes them. What they have to tell goes to the sink given to open(), from any of the
/// storage threads, one at a time; the sink must only hand it on. After StorageFailed nothing is told and nothing is acknowledged
/// any more: the process is to end, and the directory is read again by the next one.
class Storage {
 public:
  using Sink = std::function<void(engine::Event)>;

  /// Opens or creates the directory, recovers, and starts the threads. `log` outlives the storage and is thread-safe. Errors:
  /// - wrong_member, wrong_cluster, version_mismatch: whose directory it is; the text names both sides;
  /// - already_exists: another process has it open;
  /// - corruption: something that was acknowledged is not there or does not verify; the text names file or table and place;
  /// - io_error.
  [[nodiscard]] static Result<Opened> open(Options options, LogSink& log, Sink sink);
  /// An orderly end: what is queued is carried out, what may be written of the state is, and a checkpoint makes the next start
  /// fast. After a failure nothing is written.
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  [[nodiscard]] engine::LogStore& log();
  [[nodiscard]] engine::StateStore& state();
  [[nodiscard]] engine::SnapshotStore& snapshots();

  /// With Options::log_on_request, after calls of log().submit(), on the same thread. True: the caller `has_time`, little is
  /// queued, nobody writes and the disk was quick last time, so the caller is to write_log() itself, at once; that spares two
  /// wake-ups. False: the log thread writes what there is.
  [[nodiscard]] bool claim_log(bool has_time);
  /// Carries out what was claimed, on whatever thread: blocks for one write and one flush, for as long as the disk hangs. What is
  /// to tell goes to the sink. Until it returns submit() and claim_log() may be called; the log thread takes what they queue then.
  void write_log();

 private:
  struct Parts;
  explicit Storage(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// What open() found.
struct Opened {
  std::unique_ptr<Storage> storage;
  engine::Recovered recovered;
  Incarnation incarnation;  ///< of the directory
  /// Nothing was ever written here: no entry, no vote. A member that its cluster knows must not start from such a directory.
  bool fresh = false;
};

}  // namespace conclave::storage
