#pragma once

#include <cstddef>
#include <filesystem>

#include "completions.hpp"
#include "conclave/engine/ports.hpp"
#include "cut_limit.hpp"
#include "state_thread.hpp"
#include "state_writer.hpp"

namespace conclave::storage {

/// The state machine's rows in WiredTiger and beside it, written by the state thread. The port's calls only post to that thread and
/// may come from any one thread; the rest is for other parts of the state thread.
class WtStateStore final : public engine::StateStore {
 public:
  struct Parts {
    StateWriter writer;
    std::filesystem::path root;  ///< whose size a checkpoint reports
    std::size_t dirty_bytes_max = 0;
    std::size_t chunk_bytes = 0;  ///< what a step writes or merges
  };
  /// All references outlive it; the thread is stopped before it goes.
  WtStateStore(Parts parts, CutLimit& cut_limit, StateThread& thread, Completions& completions);

  void apply(mvcc::StateDelta delta) override;
  void set_durable(Index durable) override;
  void checkpoint(std::uint64_t data_bytes) override;
  void read_history(std::uint64_t token, Revision from, Revision to, std::size_t bytes_max) override;
  void read_overlay(std::uint64_t token, const mvcc::WatchSpec& keys, Revision at, Revision until) override;

  // --- On the state thread
  // ----------------------------------------------------------------------------------------------------------
  [[nodiscard]] StateWriter& writer() { return parts_.writer; }
  /// One step towards a table that holds exactly one applied index. False: it does.
  [[nodiscard]] Result<bool> step_to_clean();
  /// Writes a database checkpoint; the table must be clean.
  [[nodiscard]] Result<void> write_checkpoint();
  /// Before an orderly end: writes everything that may be written.
  [[nodiscard]] Result<void> finish();

 private:
  class CheckpointJob;
  class EarlyJob;

  Parts parts_;
  CutLimit& cut_limit_;
  StateThread& thread_;
  Completions& completions_;
};

}  // namespace conclave::storage
