#include "conclave/recipes_core/hub.hpp"

namespace conclave::recipes::core {
namespace {

constexpr Duration removal_patience = seconds(10);
constexpr Duration removal_pause = milliseconds(200);
constexpr std::size_t crowds_max = 1024;

/// What says that a key must not come any more; it goes with the lease.
std::string gone_key(const std::string& key) { return "/conclave/gone" + key; }

Request removal_of(const std::string& prefix, LeaseId lease, bool for_good) {
  DeleteOp erase;
  erase.keys = Keys::prefix(prefix);
  if (!for_good) return Write{std::move(erase), {}};
  PutOp gone;
  gone.key = gone_key(prefix);
  gone.lease = lease;
  Txn txn;
  txn.then(std::move(gone)).then(std::move(erase));
  return Write{std::move(txn), {}};
}

Detached remove_until_gone(Store& store, std::string prefix, KeptLeasePtr lease, bool for_good) {
  Call call;
  const Subscription on_lost = lease->lost().on_raise([stop = call.stop] { stop->raise(); });
  while (lease->is_alive() && !store.is_closed() && !call.stop->raised()) {
    call.deadline = store.now() + removal_patience;
    Task<Result<Reply>> reply_task = execute(store, removal_of(prefix, lease->id(), for_good), call);
    Result<Reply> reply = co_await std::move(reply_task);
    if (reply || reply.error().code == Errc::outcome_forgotten || reply.error().code == Errc::lease_not_found) co_return;
    Task<Result<bool>> rested_task = pause(store, removal_pause, Call{Instant::max(), call.stop});
    Result<bool> rested = co_await std::move(rested_task);
    if (!rested) co_return;
  }
}

}  // namespace

std::shared_ptr<Keeper> Hub::keeper(const KeeperOptions& options) {
  auto& keeper = keepers_[options];
  if (!keeper) keeper = std::make_shared<Keeper>(store_, options);
  return keeper;
}

Compare made_only_once(const std::string& key) { return Compare::missing(gone_key(key)); }

void Hub::remove(std::string prefix, KeptLeasePtr lease, bool for_good) {
  remove_until_gone(store_, std::move(prefix), std::move(lease), for_good);
}

void Hub::end_undo(const std::string& name) {
  if (const auto found = undoing_.find(name); found != undoing_.end()) undoing_.erase(found);
  undone_.tell();
}

void Hub::note_crowd(const std::string& prefix, bool crowded) {
  if (!crowded) {
    crowded_.erase(prefix);
    return;
  }
  if (crowded_.size() >= crowds_max) crowded_.clear();  // what is forgotten costs a round trip
  crowded_.insert(prefix);
}

void Hub::close() {
  for (const auto& [options, keeper] : keepers_) keeper->close();
}

}  // namespace conclave::recipes::core
