#include "client_store.hpp"

#include <unistd.h>

#include <random>

namespace conclave::recipes {

std::int64_t ClientStore::wall_millis() const {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::uint64_t ClientStore::random() {
  std::random_device entropy;
  return (static_cast<std::uint64_t>(entropy()) << 32) | entropy();
}

client::OperationId ClientStore::submit(Request request, Instant deadline, Callback done) {
  return loop_.ask(std::move(request), deadline, std::move(done));
}
client::LocalWatchId ClientStore::watch(WatchOptions options, Notice notice) {
  return loop_.start_watch(std::move(options), std::move(notice));
}
client::LocalWatchId ClientStore::watch_turn(TurnOptions options, Notice notice) {
  return loop_.start_turn_watch(std::move(options), std::move(notice));
}
client::QueuedUp ClientStore::queue_up(Write place, Instant deadline, Callback done, TurnOptions turn, Notice notice) {
  return loop_.queue_up(std::move(place), deadline, std::move(done), std::move(turn), std::move(notice));
}

void ClientStore::keep_alive(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<core::LeaseView> view) {
  const std::shared_ptr<std::atomic<std::int64_t>> until(view, &view->until);
  loop_.keep_lease(lease, ttl, granted_at, until, [view](client::LeaseHealth health) { view->told(health); });
}

core::TimerId ClientStore::call_at(Instant when, std::function<void()> work) {
  return core::TimerId(loop_.call_at(when, std::move(work)));
}

Base::Base(Client& client) : loop(client.loop()) {
  const auto shared = std::static_pointer_cast<Shared>(loop->attachment([](ClientLoop& of) {
    auto made = std::make_shared<Shared>(of);
    of.post([&of, hub = &made->hub] { of.on_close([hub] { hub->close(); }); });
    return made;
  }));
  hub = core::HubPtr(shared, &shared->hub);
}

std::string default_owner() {
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return std::string(host) + ":" + std::to_string(getpid());
}

}  // namespace conclave::recipes
