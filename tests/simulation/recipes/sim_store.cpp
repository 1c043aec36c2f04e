#include "recipes/sim_store.hpp"

namespace conclave::sim {
namespace {
constexpr Duration patience_max = std::chrono::hours(1);  // longer than any world
}

SimStore::SimStore(EngineWorld& shared, SimClient& client)
    : shared_(shared), client_(client), prng_(shared.world.stream(6000 + client.endpoint()).split(shared.world.steps())) {
  client_.on_lease = [this](const client::LeaseTold& told) {
    refresh();
    const auto found = leases_.find(told.lease);
    if (found == leases_.end()) return;
    const auto view = found->second;
    view->told(told.health);
  };
  client_.on_pumped = [this] { refresh(); };
}

void SimStore::refresh() {
  for (const auto& [lease, view] : leases_) {
    const auto until = client_.core().lease_deadline(lease);
    const auto health = client_.core().lease_health(lease, now());
    if (!until || !health || *health == client::LeaseHealth::lost) continue;
    view->until = until->time_since_epoch().count();
    trusted_[lease] = *until;
  }
}

Instant SimStore::trusted_until(LeaseId lease) const {
  const auto found = trusted_.find(lease);
  return found == trusted_.end() ? Instant{} : found->second;
}

std::int64_t SimStore::wall_millis() const {
  return std::chrono::duration_cast<milliseconds>(shared_.world.now().time_since_epoch()).count();
}

client::OperationId SimStore::submit(Request request, Instant deadline, Callback done) {
  if (closed_) {
    done(fail(Errc::shutting_down, "the process died"));
    return {};
  }
  if (const auto* write = std::get_if<Write>(&request))
    if (const auto* revoke = std::get_if<Write::LeaseRevoke>(&write->body)) shared_.store.end_requested(revoke->id);
  ++(std::holds_alternative<Write>(request) ? writes_ : reads_);
  return client_.submit(std::move(request), patience(deadline), once(std::move(done)));
}

Duration SimStore::patience(Instant deadline) const { return std::min<Duration>(deadline - now(), patience_max); }

/// What the client keeps owns nothing here either.
std::function<void(const Result<Reply>&)> SimStore::once(Callback done) {
  const std::uint64_t call = ++calls_;
  waiting_[call] = std::move(done);
  return [this, call](const Result<Reply>& reply) {
    const auto found = waiting_.find(call);
    if (found == waiting_.end()) return;
    const Callback told = std::move(found->second);
    waiting_.erase(found);
    told(reply);
  };
}

void SimStore::cancel(client::OperationId operation) {
  if (!closed_) client_.cancel(operation);
}

/// What the client keeps owns nothing: it may outlive what recipes have in memory.
SimStore::Notice SimStore::counted(const std::shared_ptr<Notice>& notice) {
  return [this, weak = std::weak_ptr<Notice>(notice)](const WatchNotice& what) {
    const auto told = weak.lock();
    if (!told) return;
    if (!std::holds_alternative<WatchProgress>(what)) ++notices_;
    (*told)(what);
  };
}

template <class Options, class Begin>
client::LocalWatchId SimStore::begin_watch(const Options& options, Notice notice, Begin begin) {
  if (closed_) {
    notice(WatchEnded{{Errc::shutting_down, "the process died"}, {}});
    return {};
  }
  const auto owned = std::make_shared<Notice>(std::move(notice));
  const client::LocalWatchId id = (client_.*begin)(options, counted(owned));
  watches_[id] = owned;
  return id;
}

client::LocalWatchId SimStore::watch(WatchOptions options, Notice notice) {
  return begin_watch(options, std::move(notice), &SimClient::watch);
}

client::LocalWatchId SimStore::watch_turn(TurnOptions options, Notice notice) {
  return begin_watch(options, std::move(notice), &SimClient::watch_turn);
}

client::QueuedUp SimStore::queue_up(Write place, Instant deadline, Callback done, TurnOptions turn, Notice notice) {
  if (closed_) {
    done(fail(Errc::shutting_down, "the process died"));
    return {};
  }
  ++writes_;
  ++queued_up_;
  const auto owned = std::make_shared<Notice>(std::move(notice));
  const auto both = client_.queue_up(std::move(place), patience(deadline), once(std::move(done)), turn, counted(owned));
  watches_[both.turn] = owned;
  return both;
}

void SimStore::unwatch(client::LocalWatchId watch) {
  watches_.erase(watch);
  if (!closed_) client_.unwatch(watch);
}

void SimStore::keep_alive(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<recipes::core::LeaseView> view) {
  if (closed_) return;
  leases_[lease] = std::move(view);
  client_.keep_alive(lease, ttl, granted_at);
  refresh();
}

void SimStore::forget_lease(LeaseId lease) {
  leases_.erase(lease);
  if (!closed_) client_.forget_lease(lease);
}

recipes::core::TimerId SimStore::call_at(Instant when, std::function<void()> work) {
  const recipes::core::TimerId id(++timers_made_);
  timers_[id] = std::move(work);
  const auto ring = [this, id] {
    const auto found = timers_.find(id);
    if (found == timers_.end()) return;
    const auto rung = std::move(found->second);
    timers_.erase(found);
    rung();
  };
  if (closed_)
    ring();
  else if (when < now() + patience_max)
    client_.call_at(when, ring);
  return id;
}

void SimStore::cancel_timer(recipes::core::TimerId timer) { timers_.erase(timer); }

void SimStore::close() {
  closed_ = true;
  for (auto& [lease, until] : trusted_) until = std::min(until, now());
  client_.on_lease = [](const client::LeaseTold&) {};
  client_.on_pumped = [] {};
  leases_.clear();
  while (!waiting_.empty()) {
    const Callback done = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    done(fail(Errc::shutting_down, "the process died"));
  }
  while (!watches_.empty()) {
    const auto notice = std::move(watches_.begin()->second);
    watches_.erase(watches_.begin());
    (*notice)(WatchEnded{{Errc::shutting_down, "the process died"}, {}});
  }
  while (!timers_.empty()) {
    const auto work = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    work();
  }
}

}  // namespace conclave::sim
