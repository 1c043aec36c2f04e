#include "conclave/recipes_core/queue_sweeper.hpp"

#include <utility>

#include "conclave/recipes_core/record.hpp"

namespace conclave::recipes::core {
namespace {

constexpr Duration pause_after_failure = milliseconds(500);
constexpr Duration patience = seconds(10);
constexpr unsigned workers_max = 16;

/// The id in a key under held/: "item/ID", "claim/ID/PLACE", "delay/ID".
std::string id_in(std::string_view rest) {
  const std::size_t kind = rest.find('/');
  if (kind == std::string_view::npos) return {};
  rest.remove_prefix(kind + 1);
  return std::string(rest.substr(0, rest.find('/')));
}

bool any_under(const KeyMap& keys, const std::string& prefix) {
  const auto next = keys.lower_bound(prefix);
  return next != keys.end() && next->first.starts_with(prefix);
}

}  // namespace

Sweeper::Sweeper(HubPtr hub, KeeperOptions keeper, QueueKeys keys)
    : hub_(std::move(hub)), keeper_(std::move(keeper)), keys_(std::move(keys)) {}

void Sweeper::start() {
  if (std::exchange(started_, true)) return;
  run(shared_from_this());
}

Detached Sweeper::run(SweeperPtr self) {
  Store& store = self->hub_->store();
  while (!self->stop_->raised() && !store.is_closed()) {
    auto serving = serve(self);
    (void)co_await std::move(serving);
    auto resting = pause(store, pause_after_failure, Call{Instant::max(), self->stop_});
    Result<bool> rested = co_await std::move(resting);
    if (!rested) co_return;
  }
}

/// Waits to be the oldest, and sweeps until the lease is lost.
Task<Result<bool>> Sweeper::serve(SweeperPtr self) {
  Store& store = self->hub_->store();
  const Call call{Instant::max(), self->stop_};
  PlaceRequest request;
  request.directory = self->keys_.sweepers();
  request.value = to_json(Record{self->keeper_.owner, "", store.wall_millis(), 1, {}});
  auto entering = enter(self->hub_, self->hub_->keeper(self->keeper_), std::move(request), call);
  Result<Entered> entered = co_await std::move(entering);
  if (!entered) co_return fail(std::move(entered.error()));
  const PlacePtr place = entered->place;
  auto waiting = await_turn(place, self->keys_.sweepers(), 1, call);
  auto turn = co_await std::move(waiting);
  if (!turn) co_return fail(std::move(turn.error()));

  self->view_ = std::make_shared<View>(store, self->keys_.held());
  const Subscription on_change = self->view_->on_change([weak = self->weak_from_this()](const MirrorChange& change) {
    if (const auto sweeper = weak.lock()) sweeper->look_at(change);
  });
  self->view_->start();
  const auto over = std::make_shared<Promise<bool>>();
  {
    const Subscription on_lost = place->lease()->lost().on_raise([over] { over->set(true); });
    const Subscription on_stop = self->stop_->on_raise([over] { over->set(false); });
    // A closed client has no timers: the one that never rings tells.
    const Timer on_close(store, Instant::max(), [over] { over->set(false); });
    if (place->lease()->lost().raised() || self->stop_->raised()) over->set(false);
    co_await over->wait();
  }
  std::exchange(self->view_, nullptr)->stop();
  self->due_.clear();
  co_return true;
}

bool Sweeper::is_orphan(const KeyMap& keys, const std::string& id) const {
  return keys.contains(keys_.held_item(id)) && !keys.contains(keys_.delay(id)) && !any_under(keys, keys_.claims(id));
}

void Sweeper::look_at(const MirrorChange& change) {
  view_->mirror().look([&](const KeyMap& keys) {
    for (const KeyChange& step : change.keys) {
      std::string id = id_in(std::string_view(step.key).substr(keys_.held().size()));
      if (!id.empty() && is_orphan(keys, id)) due_.insert(std::move(id));
    }
  });
  while (workers_ < workers_max && workers_ < due_.size()) put_back_all(shared_from_this());
}

/// One of a few that put back what is due until nothing is.
Detached Sweeper::put_back_all(SweeperPtr self) {
  ++self->workers_;
  while (!self->due_.empty() && self->view_) {
    std::string id = self->due_.extract(self->due_.begin()).value();
    auto putting = put_back_one(self, id);
    Result<bool> put = co_await std::move(putting);
    if (put) continue;
    auto resting = pause(self->hub_->store(), pause_after_failure, Call{Instant::max(), self->stop_});
    Result<bool> rested = co_await std::move(resting);
    if (!rested) break;
    self->due_.insert(std::move(id));
  }
  --self->workers_;
}

/// One write. If the item is no orphan any more nothing happens; what made it none is told to the view too.
Task<Result<bool>> Sweeper::put_back_one(SweeperPtr self, std::string id) {
  Store& store = self->hub_->store();
  const auto row = self->view_ ? self->view_->mirror().get(self->keys_.held_item(id)) : std::nullopt;
  if (!row) co_return true;
  auto record = item_from_json(row->value);
  Txn txn;
  txn.when(Compare::mod_revision_is(row->key, row->mod_revision))
      .when(no_key_under(self->keys_.claims(id)))
      .when(Compare::missing(self->keys_.delay(id)))
      .then(DeleteOp{Keys::one(row->key), false});
  if (record && record->item == id) {
    if (record->attempts > 0 && record->error.empty()) record->error = "its taker was lost or gave it back";
    txn.then(put_back(self->keys_, *record));
  } else {
    PutOp dead;
    dead.key = self->keys_.dead(id);
    dead.value = row->value;
    txn.then(std::move(dead));
  }
  auto asking = execute(store, Write{std::move(txn), {}}, Call{store.now() + patience, self->stop_});
  Result<Reply> reply = co_await std::move(asking);
  if (!reply && reply.error().code != Errc::outcome_forgotten) co_return fail(std::move(reply.error()));
  co_return true;
}

}  // namespace conclave::recipes::core
