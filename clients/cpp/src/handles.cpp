#include <utility>

#include "client_impl.hpp"
#include "conclave/client.hpp"

namespace conclave {

// --- Watch
// --------------------------------------------------------------------------------------------------------------------------------

struct Watch::Handle {
  std::weak_ptr<Client::Impl> client;
  client::LocalWatchId id;
};

Watch::Watch(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Watch::Watch() noexcept = default;
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    cancel();
    handle_ = std::move(other.handle_);
  }
  return *this;
}
Watch::~Watch() { cancel(); }

void Watch::cancel() {
  if (!handle_) return;
  const auto handle = std::move(handle_);
  const auto impl = handle->client.lock();
  if (!impl || !impl->open) return;
  impl->run_and_wait([&] {
    impl->watches.erase(handle->id);
    impl->core->unwatch(handle->id);
    impl->pump();
  });
}

namespace {

template <class Start>
client::LocalWatchId start_watch(Client::Impl& impl, WatchHandler handler, Start start) {
  client::LocalWatchId id;
  impl.run_and_wait([&] {
    id = start(*impl.core);
    impl.watches[id] = std::make_shared<Client::Impl::WatchEntry>(Client::Impl::WatchEntry{std::move(handler)});
    impl.pump_later();
  });
  return id;
}

}  // namespace

Watch Client::watch(WatchOptions options, WatchHandler handler) {
  const auto id = start_watch(*impl_, std::move(handler),
                              [&](client::SessionCore& core) { return core.watch(std::move(options), Impl::now()); });
  return Watch(std::make_unique<Watch::Handle>(Watch::Handle{impl_, id}));
}

Watch Client::watch_turn(TurnOptions options, WatchHandler handler) {
  const auto id = start_watch(*impl_, std::move(handler),
                              [&](client::SessionCore& core) { return core.watch_turn(std::move(options), Impl::now()); });
  return Watch(std::make_unique<Watch::Handle>(Watch::Handle{impl_, id}));
}

Watch Client::queue_up(Write place, TurnOptions turn, std::optional<std::chrono::milliseconds> timeout, Callback taken,
                       WatchHandler handler) {
  client::LocalWatchId id;
  const bool open = impl_->run_and_wait([&] {
    const Instant deadline = Impl::now() + timeout.value_or(impl_->options.request_timeout);
    id = impl_->queue_up(std::move(place), deadline, std::move(taken), std::move(turn), std::move(handler)).turn;
  });
  if (!open) {
    taken(fail(Errc::shutting_down, "the client is closed"));
    handler(WatchEnded{{Errc::cancelled, "the client is closed"}, {}});
  }
  return Watch(std::make_unique<Watch::Handle>(Watch::Handle{impl_, id}));
}

// --- Lease
// --------------------------------------------------------------------------------------------------------------------------------

struct Lease::Handle {
  std::weak_ptr<Client::Impl> client;
  LeaseId id;
  std::chrono::milliseconds ttl;
};

Lease::Lease(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Lease::Lease() noexcept = default;
Lease::Lease(Lease&&) noexcept = default;
Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Lease old(std::move(handle_));  // revoked when it goes
    handle_ = std::move(other.handle_);
  }
  return *this;
}

namespace {

/// Takes the lease out of the client's care. False if the client is gone.
bool forget(const std::shared_ptr<Client::Impl>& impl, LeaseId id) {
  if (!impl || !impl->open) return false;
  return impl->run_and_wait([&] {
    impl->leases.erase(id);
    impl->core->forget_lease(id);
  });
}

}  // namespace

Lease::~Lease() {
  if (!handle_) return;
  const auto impl = handle_->client.lock();
  if (!forget(impl, handle_->id)) return;
  impl->execute(Write{Write::LeaseRevoke{handle_->id}, {}}, std::nullopt, [](const Result<Reply>&) {});
}

LeaseId Lease::id() const { return handle_ ? handle_->id : LeaseId{}; }
std::chrono::milliseconds Lease::ttl() const { return handle_ ? handle_->ttl : std::chrono::milliseconds::zero(); }

LeaseState Lease::state() const {
  return certain_for().count() > 0 ? (certain_for() > ttl() / 2 ? LeaseState::alive : LeaseState::jeopardy) : LeaseState::lost;
}

std::chrono::milliseconds Lease::certain_for() const {
  const auto impl = handle_ ? handle_->client.lock() : nullptr;
  if (!impl || !impl->open) return std::chrono::milliseconds(-1);
  std::chrono::milliseconds left(-1);
  impl->run_and_wait([&] {
    const Instant now = Client::Impl::now();
    const auto deadline = impl->core->lease_deadline(handle_->id);
    const auto health = impl->core->lease_health(handle_->id, now);
    if (deadline && health && *health != client::LeaseHealth::lost)
      left = std::chrono::floor<std::chrono::milliseconds>(*deadline - now);
  });
  return left;
}

void Lease::release() {
  if (!handle_) return;
  const auto handle = std::move(handle_);
  forget(handle->client.lock(), handle->id);
}

Result<void> Lease::revoke() {
  if (!handle_) return {};
  const auto handle = std::move(handle_);
  const auto impl = handle->client.lock();
  if (!forget(impl, handle->id)) return fail(Errc::shutting_down, "the client is closed");
  std::promise<Result<Reply>> promise;
  impl->execute(Write{Write::LeaseRevoke{handle->id}, {}}, std::nullopt,
                [&](Result<Reply> reply) { promise.set_value(std::move(reply)); });
  auto reply = promise.get_future().get();
  if (!reply && reply.error().code != Errc::lease_not_found) return fail(reply.error());
  return {};
}

Result<Lease> Client::lease(std::chrono::milliseconds ttl, LeaseOptions options, LeaseHandler handler, CallOptions call) {
  const Instant sent = Impl::now();
  auto granted = lease_grant(ttl, std::move(options), {}, std::move(call));
  if (!granted) return fail(granted.error());
  impl_->run_and_wait([&] {
    impl_->leases[granted->id] = std::move(handler);
    impl_->core->keep_alive(granted->id, granted->ttl, sent);
    impl_->pump_later();
  });
  return Lease(std::make_unique<Lease::Handle>(Lease::Handle{impl_, granted->id, granted->ttl}));
}

}  // namespace conclave
