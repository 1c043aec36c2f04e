#include "conclave/recipes_core/hub.hpp"

namespace conclave::recipes::core {
namespace {

constexpr Duration removal_patience = seconds(10);
constexpr Duration removal_pause = milliseconds(200);

Detached remove_until_gone(Store& store, std::string prefix, KeptLeasePtr lease) {
  Call call;
  const Subscription on_lost = lease->lost().on_raise([stop = call.stop] { stop->raise(); });
  while (lease->is_alive() && !store.is_closed() && !call.stop->raised()) {
    call.deadline = store.now() + removal_patience;
    Task<Result<Reply>> reply_task = execute(store, Write{DeleteOp{Keys::prefix(prefix), false}, {}}, call);
    Result<Reply> reply = co_await std::move(reply_task);
    if (reply || reply.error().code == Errc::outcome_forgotten) co_return;
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

void Hub::remove(std::string prefix, KeptLeasePtr lease) { remove_until_gone(store_, std::move(prefix), std::move(lease)); }

void Hub::close() {
  for (const auto& [options, keeper] : keepers_) keeper->close();
}

}  // namespace conclave::recipes::core
