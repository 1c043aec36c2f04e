#include "wt_state_store.hpp"

#include <utility>

#include "conclave/base/assert.hpp"
#include "disk_watch.hpp"
#include "history_reader.hpp"

namespace conclave::storage {

/// Everything handed over and allowed when it starts; what comes while it runs is for the next one, so it ends.
class WtStateStore::CheckpointJob final : public Job {
 public:
  explicit CheckpointJob(WtStateStore& store) : store_(store) {}
  Result<bool> step() override {
    if (!started_) store_.writer().merge();
    started_ = true;
    const auto more = store_.step_to_clean();
    if (!more.has_value() || *more) return more;
    if (auto done = store_.write_checkpoint(); !done.has_value()) return fail(done.error());
    const auto& meta = store_.writer().meta();
    store_.completions_.report(engine::CheckpointDone{{meta.applied_term, meta.applied}, disk_usage(store_.parts_.root)});
    return false;
  }

 private:
  WtStateStore& store_;
  bool started_ = false;
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

void WtStateStore::checkpoint() {
  thread_.post([this]() -> Result<void> {
    thread_.add(std::make_unique<CheckpointJob>(*this));
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
  return writer().table().checkpointed();
}

Result<void> WtStateStore::finish() {
  writer().merge();
  while (!writer().clean()) {
    if (auto done = writer().write_chunk(); !done.has_value()) return done;
  }
  return writer().table().flush();  // the end of the connection is a checkpoint
}

}  // namespace conclave::storage
