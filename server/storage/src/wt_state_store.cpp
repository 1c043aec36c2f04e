#include "wt_state_store.hpp"

#include <utility>

#include "conclave/base/assert.hpp"
#include "disk_watch.hpp"
#include "history_reader.hpp"

namespace conclave::storage {

/// Everything handed over and allowed when it starts; what comes while it runs is for the next one, so it ends. Then runs are
/// merged and files removed, which is part of it so that the members do it in turns as well; what comes meanwhile waits no longer
/// than at other times.
class WtStateStore::CheckpointJob final : public Job {
 public:
  CheckpointJob(WtStateStore& store, std::uint64_t data_bytes) : store_(store), data_bytes_(data_bytes) {}

  Result<bool> step() override {
    if (stage_ == Stage::begins) store_.writer().merge();
    if (stage_ == Stage::merges || stage_ == Stage::removes) return clean_up();
    stage_ = Stage::writes;
    const auto more = store_.step_to_clean();
    if (!more.has_value() || *more) return more;
    if (auto done = store_.write_checkpoint(); !done.has_value()) return fail(done.error());
    const auto& meta = store_.writer().meta();
    applied_ = {meta.applied_term, meta.applied};
    stage_ = Stage::merges;
    return true;
  }

 private:
  enum class Stage : std::uint8_t { begins, writes, merges, removes };

  /// Every other step at most is for what came meanwhile: there may be more all the time.
  Result<bool> clean_up() {
    auto& writer = store_.writer();
    writer.merge();
    const auto bytes_max = store_.parts_.dirty_bytes_max;
    wrote_ = !wrote_ && (early_ || writer.is_due(bytes_max));
    if (wrote_) {
      const auto more = writer.write_early(bytes_max);
      early_ = more.has_value() && *more;
      return more.has_value() ? Result<bool>(true) : more;
    }
    return stage_ == Stage::merges ? merge(writer) : remove(writer);
  }

  /// What was merged is durable, and what it was merged from goes, with the next checkpoint: with one of its own if nothing was
  /// written meanwhile.
  Result<bool> merge(StateWriter& writer) {
    const auto more = writer.table().merge(store_.parts_.chunk_bytes, data_bytes_);
    merged_ = merged_ || !more.has_value() || *more;
    if (!more.has_value() || *more) return more;
    if (merged_ && writer.clean()) {
      if (auto done = store_.write_checkpoint(); !done.has_value()) return fail(done.error());
    }
    stage_ = Stage::removes;
    return true;
  }

  Result<bool> remove(StateWriter& writer) {
    const auto more = writer.table().remove_some();
    if (!more.has_value() || *more) return more;
    store_.completions_.report(engine::CheckpointDone{applied_, disk_usage(store_.parts_.root)});
    return false;
  }

  WtStateStore& store_;
  std::uint64_t data_bytes_;
  Stage stage_ = Stage::begins;
  raft::EntryId applied_;
  bool merged_ = false;
  bool wrote_ = false;  // in the last step, instead of merging
  bool early_ = false;  // rows or history that were too much are being written
};

/// Spreads the writing over the time between checkpoints and bounds the memory it needs.
class WtStateStore::EarlyJob final : public Job {
 public:
  explicit EarlyJob(WtStateStore& store) : store_(store) {}
  Result<bool> step() override { return store_.writer().write_early(store_.parts_.dirty_bytes_max); }

 private:
  WtStateStore& store_;
};

WtStateStore::WtStateStore(Parts parts, CutLimit& cut_limit, StateThread& thread, Completions& completions)
    : parts_(std::move(parts)), cut_limit_(cut_limit), thread_(thread), completions_(completions) {}

void WtStateStore::apply(mvcc::StateDelta delta) {
  thread_.post_later([this, delta = std::move(delta)]() mutable -> Result<void> {
    writer().hand_over(std::move(delta));
    return {};
  });
}

void WtStateStore::set_durable(Index durable) {
  thread_.post_later([this, durable]() -> Result<void> {
    writer().set_durable(durable);
    // A job works on what was merged when it began: a checkpoint would never end, and an image shows one applied index.
    if (thread_.has_jobs()) return {};
    writer().merge();
    if (writer().is_due(parts_.dirty_bytes_max)) thread_.add(std::make_unique<EarlyJob>(*this));
    return {};
  });
}

void WtStateStore::checkpoint(std::uint64_t data_bytes) {
  thread_.post([this, data_bytes]() -> Result<void> {
    thread_.add(std::make_unique<CheckpointJob>(*this, data_bytes));
    return {};
  });
}

void WtStateStore::read_history(std::uint64_t token, Revision from, Revision to, std::size_t bytes_max) {
  thread_.post([this, token, from, to, bytes_max]() -> Result<void> {
    auto answer = storage::read_history(writer(), token, from, to, bytes_max);
    if (!answer.has_value()) return fail(answer.error());
    completions_.report(std::move(*answer));
    return {};
  });
}

void WtStateStore::read_overlay(std::uint64_t token, const mvcc::WatchSpec& keys, Revision at, Revision until) {
  thread_.post([this, token, keys, at, until]() -> Result<void> {
    auto answer = storage::read_overlay(writer(), token, keys, at, until);
    if (!answer.has_value()) return fail(answer.error());
    completions_.report(std::move(*answer));
    return {};
  });
}

Result<bool> WtStateStore::step_to_clean() {
  if (writer().clean()) return false;
  if (auto done = writer().write_chunk(); !done.has_value()) return fail(done.error());
  return !writer().clean();
}

Result<void> WtStateStore::write_checkpoint() {
  CONCLAVE_ASSERT_MSG(writer().clean(), "a checkpoint would make half-written state durable");
  if (auto done = writer().table().flush(); !done.has_value()) return done;
  if (auto done = writer().table().session().checkpoint(); !done.has_value()) return done;
  cut_limit_.raise(writer().meta().applied);
  writer().table().checkpointed();
  return {};
}

Result<void> WtStateStore::finish() {
  writer().merge();
  while (!writer().clean()) {
    if (auto done = writer().write_chunk(); !done.has_value()) return done;
  }
  return writer().table().flush();  // the end of the connection is a checkpoint
}

}  // namespace conclave::storage
