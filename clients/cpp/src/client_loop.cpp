#include <utility>

#include "client_impl.hpp"

namespace conclave {

bool Client::Impl::post(Work task) {
  const std::lock_guard lock(inbox_mutex);
  if (refusing) {
    if (!ended) refused.push_back(std::move(task));
    return false;
  }
  asio::post(runner.io, [self = shared_from_this(), task = std::move(task)] {
    task();
    self->pump();
  });
  return true;
}

bool Client::Impl::is_this_thread() const { return !closed && runner.is_this_thread(); }

client::OperationId Client::Impl::ask(Request request, Instant deadline, std::function<void(Result<Reply>)> done) {
  const client::OperationId id = core->submit(std::move(request), deadline, now());
  waiting.emplace(id, std::move(done));
  pump_later();
  return id;
}

void Client::Impl::call_off(client::OperationId operation) {
  core->cancel(operation);
  pump_later();
}

client::LocalWatchId Client::Impl::start_watch(WatchOptions watch_options, WatchHandler handler) {
  const client::LocalWatchId id = core->watch(std::move(watch_options), now());
  watches[id] = std::make_shared<WatchEntry>(WatchEntry{std::move(handler)});
  pump_later();
  return id;
}

client::LocalWatchId Client::Impl::start_turn_watch(TurnOptions turn, WatchHandler handler) {
  const client::LocalWatchId id = core->watch_turn(std::move(turn), now());
  watches[id] = std::make_shared<WatchEntry>(WatchEntry{std::move(handler)});
  pump_later();
  return id;
}

client::QueuedUp Client::Impl::queue_up(Write place, Instant deadline, Callback done, TurnOptions turn, WatchHandler handler) {
  const client::QueuedUp both = core->queue_up(std::move(place), deadline, std::move(turn), now());
  waiting.emplace(both.place, std::move(done));
  watches[both.turn] = std::make_shared<WatchEntry>(WatchEntry{std::move(handler)});
  pump_later();
  return both;
}

void Client::Impl::end_watch(client::LocalWatchId watch) {
  watches.erase(watch);
  core->unwatch(watch);
  pump_later();
}

void Client::Impl::keep_lease(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<std::atomic<std::int64_t>> until,
                              std::function<void(client::LeaseHealth)> told) {
  core->keep_alive(lease, ttl, granted_at);
  kept[lease] = Kept{std::move(until), std::move(told)};
  refresh_kept();
  pump_later();
}

void Client::Impl::drop_lease(LeaseId lease) {
  kept.erase(lease);
  core->forget_lease(lease);
}

void Client::Impl::refresh_kept() {
  for (const LeaseId lease : core->take_extended_leases()) {
    const auto mine = kept.find(lease);
    if (mine == kept.end()) continue;
    const auto deadline = core->lease_deadline(lease);
    const auto health = core->lease_health(lease, now());
    if (deadline && health && *health != client::LeaseHealth::lost) mine->second.until->store(deadline->time_since_epoch().count());
  }
}

ClientLoop::TimerId Client::Impl::call_at(Instant when, Work task) {
  const TimerId id = ++calls_made;
  calls.emplace(std::pair(when, id), std::move(task));
  call_times.emplace(id, when);
  pump_later();
  return id;
}

void Client::Impl::cancel_call(TimerId id) {
  const auto found = call_times.find(id);
  if (found == call_times.end()) return;
  calls.erase({found->second, id});
  call_times.erase(found);
}

bool Client::Impl::ring_due() {
  const Instant at = now();
  bool rang = false;
  while (!calls.empty() && (closed || calls.begin()->first.first <= at)) {
    const auto due = calls.extract(calls.begin());
    call_times.erase(due.key().second);
    due.mapped()();
    rang = true;
  }
  return rang;
}

std::shared_ptr<void> Client::Impl::attachment(const std::function<std::shared_ptr<void>(ClientLoop&)>& make) {
  const std::lock_guard lock(attach_mutex);
  if (!attached) attached = make(*this);
  return attached;
}

}  // namespace conclave
