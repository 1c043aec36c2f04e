#include "conclave/scheduler/leader.hpp"

#include <algorithm>
#include <utility>

#include "wakener.hpp"

namespace conclave::scheduler {

using namespace recipes::core;

namespace {

constexpr Duration write_patience = seconds(5);
constexpr Duration pause_after_failure = milliseconds(200);

/// The writes of one round, under way together.
struct Round {
  std::size_t open = 0;
  Revision newest;
  bool fenced = false;
  bool unknown = false;
  std::uint64_t conflicts = 0;
  Promise<bool> done;

  void answered(const Result<Reply>& reply) {
    if (reply) {
      newest = std::max(newest, reply->header.revision);
      if (const auto held = succeeded(*reply); held && !*held) ++conflicts;
    } else {
      fenced = fenced || reply.error().code == Errc::fenced;
      unknown = true;
    }
    if (--open == 0) done.set(true);
  }
};

}  // namespace

Scheduler::Scheduler(HubPtr hub, Keys keys, LeaderOptions options)
    : hub_(std::move(hub)),
      keys_(std::move(keys)),
      options_(std::move(options)),
      view_(std::make_shared<View>(hub_->store(), keys_.directory())) {}

void Scheduler::start() {
  on_view_ = view_->on_change([weak = weak_from_this()](const MirrorChange& change) {
    if (const auto self = weak.lock()) self->take(change);
  });
  view_->start();
  run(shared_from_this());
}

void Scheduler::stop() {
  stop_->raise();
  view_->stop();
}

void Scheduler::take(const MirrorChange& change) {
  for (const KeyChange& key : change.keys) {
    std::optional<Row> row;
    if (key.after) row = Row{key.after->value, key.after->create_revision, key.after->mod_revision, key.after->lease};
    picture_.apply(keys_, key.key, row);
  }
  if (!std::exchange(dirty_, true)) noticed_ = store().now();
  changed_.tell();
}

Detached Scheduler::run(Self self) {
  const Election election(self->hub_, self->options_.keeper, self->keys_.election(), "scheduler");
  const Call call{Instant::max(), self->stop_};
  while (!self->stop_->raised() && !self->store().is_closed()) {
    auto campaigning = election.campaign(self->options_.keeper.owner, call);
    Result<PlacePtr> place = co_await std::move(campaigning);
    if (place) {
      ++self->counts_.leaderships;
      self->place_ = *place;
      auto leading = lead(self, *place);
      (void)co_await std::move(leading);
      self->place_.reset();
      auto leaving = Place::leave(*place, Call{self->store().now() + write_patience, std::make_shared<Signal>()});
      (void)co_await std::move(leaving);
      place = PlacePtr();
    }
    if (self->stop_->raised()) co_return;
    auto resting = pause(self->store(), pause_after_failure, call);
    (void)co_await std::move(resting);
  }
}

/// Until the leadership is lost or given up. The picture has everything that leaders before wrote: their guards failed from the
/// moment on in which this one came, and the view was brought up to date after it.
Task<Result<bool>> Scheduler::lead(Self self, PlacePtr place) {
  auto beginning = catch_up(self, place, Revision());
  Result<bool> begun = co_await std::move(beginning);
  if (!begun) co_return begun;
  Planner planner(self->options_.settings, self->store().now(), self->store().random());
  while (place->is_kept() && !self->stop_->raised() && !self->store().is_closed()) {
    const Instant since = std::exchange(self->dirty_, false) ? self->noticed_ : self->store().now();
    std::vector<Decision> decisions = planner.plan(self->picture_, self->store().now());
    ++self->counts_.rounds;
    if (decisions.empty()) {
      auto waiting = await_work(self, place, planner.wake_at());
      (void)co_await std::move(waiting);
      continue;
    }
    auto acting = carry_out(self, place, std::move(decisions), since);
    Result<bool> acted = co_await std::move(acting);
    if (!acted) co_return acted;
  }
  co_return true;
}

Task<Result<bool>> Scheduler::carry_out(Self self, PlacePtr place, std::vector<Decision> decisions, Instant since) {
  const auto round = std::make_shared<Round>();
  Call call{self->store().now() + write_patience, std::make_shared<Signal>()};
  const Subscription on_lost = place->lease()->lost().on_raise([stop = call.stop] { stop->raise(); });
  if (!place->is_kept()) co_return fail(lease_lost);
  std::vector<std::pair<Write, bool>> writes;  ///< and whether it assigns
  for (const Decision& decision : decisions) {
    auto write = write_of(decision, self->picture_, self->keys_, place->guard(), self->store().wall_millis());
    if (!write) continue;
    self->count(decision);
    writes.emplace_back(std::move(*write), std::holds_alternative<Assign>(decision));
  }
  if (writes.empty()) {
    auto resting = pause(self->store(), pause_after_failure, call);
    (void)co_await std::move(resting);
    co_return true;
  }
  round->open = writes.size();
  for (auto& [write, assigns] : writes)
    recipes::core::start(execute(self->store(), std::move(write), call),
                         [self, round, since, assigns = assigns](const Result<Reply>& reply) {
                           const bool assigned = assigns && reply && succeeded(*reply).value_or(false);
                           if (assigned && self->options_.on_assigned) self->options_.on_assigned(self->store().now() - since);
                           round->answered(reply);
                         });
  co_await round->done.wait();
  self->counts_.conflicts += round->conflicts;
  if (round->fenced) co_return fail(Errc::fenced, "another scheduler leads");
  if (!place->is_kept()) co_return fail(lease_lost);
  auto catching_up = catch_up(self, place, round->unknown ? Revision() : round->newest);
  Result<bool> caught_up = co_await std::move(catching_up);
  co_return caught_up;
}

/// Waits until the picture shows everything up to `goal`; zero: everything that has completed.
Task<Result<bool>> Scheduler::catch_up(Self self, PlacePtr place, Revision goal) {
  Call call{Instant::max(), std::make_shared<Signal>()};
  const Subscription on_lost = place->lease()->lost().on_raise([stop = call.stop] { stop->raise(); });
  const Subscription on_stop = self->stop_->on_raise([stop = call.stop] { stop->raise(); });
  if (!place->is_kept()) co_return fail(lease_lost);
  const Instant patience = self->store().now() + seconds(1);
  while (!goal.is_zero() && self->view_->mirror().revision() < goal && self->store().now() < patience && !call.stop->raised() &&
         !self->store().is_closed()) {
    Wakener wakener(self->store(), patience);
    const Subscription on_change = self->changed_.add(wakener.wake());
    const Subscription on_end = call.stop->on_raise(wakener.wake());
    co_await wakener.woken();
  }
  if (!goal.is_zero() && self->view_->mirror().revision() >= goal) co_return true;
  auto syncing = View::sync(self->view_, call);
  Result<Revision> synced = co_await std::move(syncing);
  if (!synced) co_return fail(std::move(synced.error()));
  co_return true;
}

/// For a change, the time, or the end of the leadership.
Task<Result<bool>> Scheduler::await_work(Self self, PlacePtr place, Instant until) {
  const Instant soonest = self->store().now() + self->options_.gather;
  if (!self->dirty_) {
    Wakener wakener(self->store(), std::max(until, soonest));
    const Subscription on_change = self->changed_.add(wakener.wake());
    const Subscription on_lost = place->lease()->lost().on_raise(wakener.wake());
    const Subscription on_stop = self->stop_->on_raise(wakener.wake());
    if (place->is_kept() && !self->stop_->raised()) co_await wakener.woken();
  }
  auto gathering = pause(self->store(), self->options_.gather, Call{Instant::max(), self->stop_});
  Result<bool> gathered = co_await std::move(gathering);
  co_return gathered;
}

void Scheduler::count(const Decision& decision) {
  if (std::holds_alternative<Assign>(decision)) ++counts_.assigned;
  if (std::holds_alternative<Lose>(decision)) ++counts_.lost;
  if (const auto* settle = std::get_if<Settle>(&decision))
    ++(settle->record.phase == Phase::pending ? counts_.requeued : counts_.dead);
}

}  // namespace conclave::scheduler
