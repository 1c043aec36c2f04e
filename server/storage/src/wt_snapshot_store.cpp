#include "wt_snapshot_store.hpp"

#include <algorithm>
#include <utility>

#include "conclave/base/assert.hpp"

namespace conclave::storage {

WtSnapshotStore::WtSnapshotStore(Parts parts, WtConnection& connection, WtStateStore& state, InstallSlot& slot, StateThread& thread,
                                 Completions& completions, LogSink& log)
    : parts_(std::move(parts)),
      connection_(connection),
      state_(state),
      slot_(slot),
      thread_(thread),
      completions_(completions),
      log_(log) {}

void WtSnapshotStore::read(const raft::SnapshotRead& request) {
  thread_.post([this, request] { return answer_read(request); });
}

void WtSnapshotStore::release(MemberId peer) {
  thread_.post([this, peer]() -> Result<void> {
    images_.erase(peer);
    waiting_.erase(peer);
    return {};
  });
}

void WtSnapshotStore::store(raft::SnapshotReceived chunk) {
  thread_.post([this, chunk = std::move(chunk)] { return take_chunk(chunk); });
}

void WtSnapshotStore::load_installed(const raft::SnapshotMeta& meta) {
  thread_.post([this, meta] { return install(meta); });
}

void WtSnapshotStore::set_membership(Index from, const raft::Membership& membership) {
  thread_.post([this, from, membership]() -> Result<void> {
    parts_.memberships.set(from, membership);
    parts_.memberships.forget_before(state_.writer().meta().applied);  // images are made at that index or later
    return {};
  });
}

// --- Sending
// ------------------------------------------------------------------------------------------------------------------------

/// Writes the state as a file. The state's own writing waits until it is done, so the rows it walks through are of one applied
/// index.
class WtSnapshotStore::ImageJob final : public Job {
 public:
  explicit ImageJob(WtSnapshotStore& store) : store_(store) {}
  ~ImageJob() override {
    if (builder_) std::move(*builder_).abandon();
    store_.making_image_ = false;
  }

  Result<bool> step() override {
    if (!merged_) store_.state_.writer().merge();
    merged_ = true;
    if (!builder_) {
      const auto more = store_.state_.step_to_clean();
      if (!more.has_value() || *more) return more;
      return begin();
    }
    const auto more = builder_->step(store_.state_.writer().table(), store_.parts_.chunk_bytes);
    if (!more.has_value() || *more) return more;
    return builder_->file_error() ? give_up(*builder_->file_error()) : finish();
  }

 private:
  Result<bool> begin() {
    const auto& meta = store_.state_.writer().meta();
    std::erase_if(store_.waiting_, [&](const auto& waiter) {
      if (waiter.second.at_least <= meta.applied && !meta.applied.is_zero()) return false;
      store_.completions_.report(engine::SnapshotChunkRead{waiter.first, std::nullopt});
      return true;
    });
    if (store_.waiting_.empty()) return false;
    const raft::SnapshotMeta snapshot{{meta.applied_term, meta.applied}, store_.parts_.memberships.at(meta.applied), 0};
    auto builder = ImageBuilder::begin(store_.parts_.directory / ("out-" + to_string(meta.applied)), snapshot);
    if (!builder.has_value()) return give_up(builder.error());
    builder_ = std::move(*builder);
    return true;
  }

  Result<bool> finish() {
    const auto image = std::move(*builder_).finish();
    builder_.reset();
    for (const auto& [peer, request] : std::exchange(store_.waiting_, {})) {
      // Whoever came while it was made, with a need for a newer one, asks again.
      if (request.at_least > image->meta().last.index) {
        store_.completions_.report(engine::SnapshotChunkRead{peer, std::nullopt});
        continue;
      }
      store_.images_[peer] = image;
      if (auto done = store_.send_chunk(*image, request); !done.has_value()) return fail(done.error());
    }
    return false;
  }

  Result<bool> give_up(const Error& why) {
    store_.log_.warning("a snapshot could not be made", {{"error", why.message()}});
    for (const auto& [peer, request] : std::exchange(store_.waiting_, {})) {
      store_.completions_.report(engine::SnapshotChunkRead{peer, std::nullopt});
    }
    return false;
  }

  WtSnapshotStore& store_;
  bool merged_ = false;
  std::optional<ImageBuilder> builder_;
};

std::shared_ptr<const SnapshotImage> WtSnapshotStore::image_for(const raft::SnapshotRead& request) const {
  if (request.meta) {
    const auto pinned = images_.find(request.peer);
    return pinned != images_.end() && pinned->second->meta() == *request.meta ? pinned->second : nullptr;
  }
  std::shared_ptr<const SnapshotImage> newest;
  for (const auto& [peer, image] : images_) {
    const auto index = image->meta().last.index;
    if (index >= request.at_least && (!newest || newest->meta().last.index < index)) newest = image;
  }
  return newest;
}

Result<void> WtSnapshotStore::answer_read(const raft::SnapshotRead& request) {
  if (const auto image = image_for(request)) {
    images_[request.peer] = image;
    return send_chunk(*image, request);
  }
  if (request.meta) {  // the transfer is of an image we do not have any more
    completions_.report(engine::SnapshotChunkRead{request.peer, std::nullopt});
    return {};
  }
  waiting_[request.peer] = request;
  if (!making_image_) thread_.add(std::make_unique<ImageJob>(*this));
  making_image_ = true;
  return {};
}

Result<void> WtSnapshotStore::send_chunk(const SnapshotImage& image, const raft::SnapshotRead& request) {
  auto chunk = image.chunk(request.offset, request.bytes_max);
  if (!chunk.has_value()) return fail(chunk.error());
  completions_.report(engine::SnapshotChunkRead{request.peer, std::move(*chunk)});
  return {};
}

// --- Receiving
// ----------------------------------------------------------------------------------------------------------------------

/// Turns a complete receipt into a table and makes that durable.
class WtSnapshotStore::LoadJob final : public Job {
 public:
  LoadJob(WtSnapshotStore& store, StateTable table)
      : store_(store),
        generation_(table.generation()),
        number_(store.receipt_number_),
        loader_(std::in_place, *store.receipt_, std::move(table), store.parts_.machine) {}

  Result<bool> step() override {
    if (number_ != store_.receipt_number_) return drop();  // a newer receipt began: this one's bytes are gone
    if (!loaded_) {
      const auto more = loader_->step(store_.parts_.chunk_bytes);
      if (!more.has_value() || *more) return more;
      if (loader_->bad()) {
        store_.refuse(store_.receipt_->meta(), *loader_->bad());
        return drop();
      }
      loaded_ = true;
    }
    // A checkpoint takes in all tables, so the current state must be whole as well.
    const auto more = store_.state_.step_to_clean();
    if (!more.has_value() || *more) return more;
    return finish();
  }

 private:
  Result<bool> drop() {
    loader_.reset();
    if (auto done = store_.drop_table(generation_); !done.has_value()) return fail(done.error());
    return false;
  }

  /// Crash argument: the checkpoint makes the whole table durable before anybody is told that it is complete. Until a log write
  /// names its generation it is not the state, and the next start drops it.
  Result<bool> finish() {
    if (auto done = loader_->flush(); !done.has_value()) return fail(done.error());
    if (auto done = store_.state_.write_checkpoint(); !done.has_value()) return fail(done.error());
    if (store_.loaded_) store_.superseded_.push_back(store_.loaded_->table.generation());
    auto machine = loader_->take_machine();
    auto meta = store_.receipt_->meta();
    store_.loaded_ = std::make_unique<Loaded>(Loaded{meta, loader_->take_table(), std::move(machine)});
    loader_.reset();
    store_.drop_receipt();
    store_.slot_.put({meta.last, generation_});
    store_.completions_.report(engine::SnapshotStored{meta.last, meta.total_bytes, true, true});
    return false;
  }

  WtSnapshotStore& store_;
  std::uint64_t generation_;
  std::uint64_t number_;
  std::optional<ReceiptLoader> loader_;
  bool loaded_ = false;
};

void WtSnapshotStore::drop_receipt() {
  receipt_.reset();
  loading_ = false;
  ++receipt_number_;
}

void WtSnapshotStore::refuse(const raft::SnapshotMeta& meta, const Error& why) {
  const auto last = meta.last;  // the meta may be the receipt's own
  log_.warning("a received snapshot was refused", {{"index", last.index.value()}, {"error", why.message()}});
  drop_receipt();
  completions_.report(engine::SnapshotStored{last, 0, false, false});
}

void WtSnapshotStore::start_receipt(const raft::SnapshotMeta& meta) {
  drop_receipt();
  auto receipt = SnapshotReceipt::begin(parts_.directory / ("in-" + std::to_string(receipt_number_)), meta);
  if (!receipt.has_value()) return refuse(meta, receipt.error());
  receipt_ = std::move(*receipt);
}

Result<void> WtSnapshotStore::take_chunk(const raft::SnapshotReceived& chunk) {
  const auto size = chunk.bytes.size();
  if (chunk.meta.total_bytes == 0 || chunk.offset > chunk.meta.total_bytes || size > chunk.meta.total_bytes - chunk.offset ||
      chunk.done != (chunk.offset + size == chunk.meta.total_bytes)) {
    refuse(chunk.meta, Error{Errc::malformed, "a chunk that does not fit the announced size"});
    return {};
  }
  const bool same = receipt_ && receipt_->meta() == chunk.meta;
  if (same && loading_) return {};  // a repeat; the answer comes when it is loaded
  if (chunk.offset == 0 && size > 0 && !(same && receipt_->size() == 0)) {
    start_receipt(chunk.meta);
    if (!receipt_) return {};
  }
  if (!receipt_ || receipt_->meta() != chunk.meta || chunk.offset != receipt_->size()) {
    const auto next = receipt_ && receipt_->meta() == chunk.meta ? receipt_->size() : 0;
    completions_.report(engine::SnapshotStored{chunk.meta.last, next, false, true});
    return {};
  }
  if (auto done = receipt_->append(chunk.bytes.view()); !done.has_value()) {
    refuse(chunk.meta, done.error());  // no room, usually; what counts is elsewhere
    return {};
  }
  if (!receipt_->has_all()) {
    completions_.report(engine::SnapshotStored{chunk.meta.last, receipt_->size(), false, true});
    return {};
  }
  auto table = StateTable::open(connection_, parts_.next_generation);
  if (!table.has_value()) return fail(table.error());
  ++parts_.next_generation;
  loading_ = true;
  thread_.add(std::make_unique<LoadJob>(*this, std::move(*table)));
  return {};
}

/// The log's write with install_snapshot is durable: what remains is to use what it names.
Result<void> WtSnapshotStore::install(const raft::SnapshotMeta& meta) {
  if (!loaded_ || loaded_->meta.last != meta.last) {
    return fail(Errc::internal, "no installed snapshot at index " + to_string(meta.last.index) + " to load");
  }
  CONCLAVE_ASSERT(loaded_->machine->applied() == meta.last.index);
  const auto old = state_.writer().table().generation();
  auto loaded = std::exchange(loaded_, nullptr);
  slot_.clear();
  state_.writer().switch_to(std::move(loaded->table), loaded->machine->meta());
  parts_.memberships.reset(meta.last.index, meta.membership);
  superseded_.push_back(old);
  for (const auto generation : std::exchange(superseded_, {})) {
    if (auto done = drop_table(generation); !done.has_value()) return done;
  }
  completions_.report(engine::MachineLoaded{meta, std::move(loaded->machine)});
  return {};
}

Result<void> WtSnapshotStore::drop_table(std::uint64_t generation) {
  auto session = connection_.session();
  if (!session.has_value()) return fail(session.error());
  if (auto done = drop_state_table(connection_, *session, generation); !done.has_value()) {
    // It takes room and nothing else; the next start drops it.
    log_.warning("an old state table could not be dropped", {{"generation", generation}, {"error", done.error().message()}});
  }
  return {};
}

}  // namespace conclave::storage
