#include <shared_mutex>

#include "client.hpp"
#include "conclave/c/lease.h"

namespace conclave::c {
namespace {

/// The lease, which observers of any thread read and release() or the end takes away. Observers may hold the lock while they wait
/// for the client's thread, so what takes it away moves it out first and ends it without the lock.
class KeptLease final : public Body {
 public:
  void hold(Lease lease) {
    const std::unique_lock lock(mutex_);
    id_ = lease.id().value();
    ttl_ = lease.ttl().count();
    lease_ = std::move(lease);
  }
  void release() { take().release(); }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] std::int64_t ttl() const { return ttl_; }
  [[nodiscard]] LeaseState state() const {
    const std::shared_lock lock(mutex_);
    return lease_.state();
  }
  [[nodiscard]] std::int64_t certain_for() const {
    const std::shared_lock lock(mutex_);
    return lease_.certain_for().count();
  }

 private:
  void on_end() override { const Lease ended = take(); }  // revoked when it goes
  Lease take() {
    const std::unique_lock lock(mutex_);
    return std::move(lease_);
  }

  mutable std::shared_mutex mutex_;
  Lease lease_;
  std::uint64_t id_ = 0;  ///< set before the program has the handle
  std::int64_t ttl_ = 0;
};

}  // namespace
}  // namespace conclave::c

struct conclave_lease : conclave::c::Handle<conclave::c::KeptLease> {};

namespace conclave::c {
namespace {

static_assert(static_cast<int>(LeaseState::lost) == CONCLAVE_LEASE_LOST);

LeaseHandler handler_of(conclave_client* client, const conclave_lease_options& options) {
  if (options.on_state == nullptr) return {};
  return [client, on_state = options.on_state, user = options.user](LeaseState state) {
    const InCallback scope(client);
    on_state(user, static_cast<conclave_lease_state>(state));
  };
}

/// The handle for a lease; nothing, and the lease is revoked, if the client is being freed.
conclave_lease* handle_of(conclave_client* client, Lease lease) {
  auto body = std::make_shared<KeptLease>();
  body->hold(std::move(lease));
  if (!client->handles->add(body)) return nullptr;
  return new conclave_lease{{client->handles, std::move(body)}};
}

conclave_code open(conclave_client* client, std::int64_t ttl_ms, const conclave_lease_options* given, std::int64_t timeout_ms,
                   conclave_lease** lease, conclave_error* error) {
  Arguments in;
  in.require(client != nullptr, "client is NULL");
  in.require(lease != nullptr, "lease is NULL");
  const conclave_lease_options options = in.options(given);
  in.require(options.id == 0, "the id of a lease that is kept is the server's choice");
  const auto timeout = in.timeout(timeout_ms);
  if (in.error()) return report(error, *in.error());
  if (InCallback::of(client)) return report(error, Error{would_deadlock, "a blocking call in a callback"});
  auto granted =
      client->client.lease(std::chrono::milliseconds(ttl_ms), {Arguments::text(options.owner), Arguments::text(options.note)},
                           handler_of(client, options), {timeout, {}});
  if (!granted) return report(error, granted.error());
  *lease = handle_of(client, std::move(*granted));
  return *lease != nullptr ? report_success(error) : report(error, Error{Errc::shutting_down, "the client is closed"});
}

}  // namespace
}  // namespace conclave::c

extern "C" {

conclave_code conclave_lease_open(conclave_client* client, int64_t ttl_ms, const conclave_lease_options* options,
                                  int64_t timeout_ms, conclave_lease** lease, conclave_error* error) {
  return conclave::c::guarded(error, [&] { return conclave::c::open(client, ttl_ms, options, timeout_ms, lease, error); });
}
void conclave_lease_free(conclave_lease* lease) {
  if (lease != nullptr) lease->free();
}
conclave_lease_id conclave_lease_id_of(const conclave_lease* lease) { return lease == nullptr ? 0 : lease->body->id(); }
int64_t conclave_lease_ttl_ms(const conclave_lease* lease) { return lease == nullptr ? 0 : lease->body->ttl(); }
conclave_lease_state conclave_lease_state_of(const conclave_lease* lease) {
  return lease == nullptr ? CONCLAVE_LEASE_LOST : static_cast<conclave_lease_state>(lease->body->state());
}
int64_t conclave_lease_certain_for_ms(const conclave_lease* lease) { return lease == nullptr ? -1 : lease->body->certain_for(); }
void conclave_lease_release(conclave_lease* lease) {
  if (lease != nullptr) lease->body->release();
}

}  // extern "C"
