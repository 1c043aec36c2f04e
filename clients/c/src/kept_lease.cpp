#include <atomic>
#include <future>

#include "client.hpp"
#include "conclave/c/lease.h"
#include "conclave/client_loop.hpp"
#include "gate.hpp"

namespace conclave::c {
namespace {

static_assert(static_cast<int>(LeaseState::lost) == CONCLAVE_LEASE_LOST);
static_assert(static_cast<int>(client::LeaseHealth::jeopardy) == CONCLAVE_LEASE_JEOPARDY);

/// A lease in the care of its client. What observers read is atomic: they never wait for the client's thread.
class KeptLease final : public Body, public std::enable_shared_from_this<KeptLease> {
 public:
  KeptLease(conclave_client* client, const conclave_lease_options& options)
      : loop_(client->client.loop()), gate_(client), on_state_(options.on_state), user_(options.user) {}

  /// On the client's thread.
  void keep(const LeaseGranted& granted, Instant sent) {
    id_ = granted.id;
    ttl_ = granted.ttl;
    loop_->keep_lease(id_, ttl_, sent, until_, [self = shared_from_this()](client::LeaseHealth health) { self->tell(health); });
  }
  /// Stops renewing. Whether it did, rather than somebody before.
  bool let_go() {
    if (gone_.exchange(true)) return false;
    loop_->post([loop = loop_, id = id_] { loop->drop_lease(id); });
    return true;
  }
  [[nodiscard]] LeaseId id() const { return id_; }
  [[nodiscard]] std::int64_t ttl() const { return ttl_.count(); }
  [[nodiscard]] std::int64_t certain_for() const {
    if (gone_ || loop_->is_closed()) return -1;
    const Duration left = Instant(Duration(until_->load())) - loop_->time();
    return left.count() <= 0 ? -1 : std::chrono::floor<std::chrono::milliseconds>(left).count();
  }

 private:
  void tell(client::LeaseHealth health) {
    if (health == client::LeaseHealth::lost && !gone_.exchange(true)) loop_->drop_lease(id_);
    if (on_state_ != nullptr) gate_.pass([&] { on_state_(user_, static_cast<conclave_lease_state>(health)); });
  }
  void on_end() override {
    gate_.close();
    if (!let_go()) return;
    loop_->post([loop = loop_, id = id_] {
      constexpr Duration patience = seconds(5);
      loop->ask(Write{Write::LeaseRevoke{id}, {}}, loop->time() + patience, [](const Result<Reply>&) {});
    });
  }

  const std::shared_ptr<ClientLoop> loop_;
  Gate gate_;
  const conclave_lease_callback on_state_;
  void* const user_;
  LeaseId id_;  ///< this and the next are set before the program has the handle
  std::chrono::milliseconds ttl_{};
  std::shared_ptr<std::atomic<std::int64_t>> until_ = std::make_shared<std::atomic<std::int64_t>>(0);
  std::atomic<bool> gone_{false};  ///< lost, or not renewed any more
};

}  // namespace
}  // namespace conclave::c

struct conclave_lease : conclave::c::Handle<conclave::c::KeptLease> {};

namespace conclave::c {
namespace {

using Opened = std::function<void(Result<std::unique_ptr<conclave_lease>>)>;

/// What is granted from here on; made from arguments that were right.
struct Opening {
  conclave_client* client;
  std::shared_ptr<KeptLease> body;
  Write::LeaseGrant grant;
  std::chrono::milliseconds timeout;
};

std::optional<Opening> opening(Arguments& in, conclave_client* client, std::int64_t ttl_ms, const conclave_lease_options* given,
                               std::int64_t timeout_ms) {
  in.require(client != nullptr, "client is NULL");
  const conclave_lease_options options = in.options(given);
  in.require(options.id == 0, "the id of a lease that is kept is the server's choice");
  const auto timeout = in.timeout(timeout_ms);
  if (in.error()) return std::nullopt;
  return Opening{client,
                 std::make_shared<KeptLease>(client, options),
                 {LeaseId{}, std::chrono::milliseconds(ttl_ms), Arguments::text(options.owner), Arguments::text(options.note)},
                 timeout.value_or(client->request_timeout)};
}

Result<std::unique_ptr<conclave_lease>> take(const Opening& opening, Instant sent, Result<Reply> reply) {
  const auto granted = answer_as<LeaseGranted>(std::move(reply));
  if (!granted) return fail(granted.error());
  opening.body->keep(*granted, sent);
  if (!opening.client->handles->add(opening.body)) return fail(Errc::shutting_down, "the client is closed");
  return std::make_unique<conclave_lease>(conclave_lease{{opening.client->handles, opening.body}});
}

/// `done` on the client's thread. False if the client is closed.
bool start(Opening opening, Opened done) {
  const auto loop = opening.client->client.loop();
  return loop->post([loop = loop.get(), opening = std::move(opening), done = std::move(done)] {
    const Instant sent = loop->time();
    loop->ask(Write{opening.grant, {}}, sent + opening.timeout,
              [opening, sent, done](Result<Reply> reply) { done(take(opening, sent, std::move(reply))); });
  });
}

conclave_code open(conclave_client* client, std::int64_t ttl_ms, const conclave_lease_options* options, std::int64_t timeout_ms,
                   conclave_lease** lease, conclave_error* error) {
  Arguments in;
  in.require(lease != nullptr, "lease is NULL");
  auto wanted = opening(in, client, ttl_ms, options, timeout_ms);
  if (in.error()) return report(error, *in.error());
  if (InCallback::of(client)) return report(error, Error{would_deadlock, "a blocking call in a callback"});
  const auto promise = std::make_shared<std::promise<Result<std::unique_ptr<conclave_lease>>>>();
  auto future = promise->get_future();
  if (!start(std::move(*wanted), [promise](auto result) { promise->set_value(std::move(result)); }))
    return report(error, Error{Errc::shutting_down, "the client is closed"});
  auto opened = future.get();
  if (!opened) return report(error, opened.error());
  *lease = opened->release();
  return report_success(error);
}

conclave_code open_async(conclave_client* client, std::int64_t ttl_ms, const conclave_lease_options* options,
                         std::int64_t timeout_ms, conclave_lease_open_callback done, void* user) {
  Arguments in;
  in.require(done != nullptr, "the callback is NULL");
  auto wanted = opening(in, client, ttl_ms, options, timeout_ms);
  if (in.error()) return report(nullptr, *in.error());
  const bool started = start(std::move(*wanted), [client, done, user](Result<std::unique_ptr<conclave_lease>> result) {
    const InCallback scope(client);
    conclave_error error;
    result ? report_success(&error) : report(&error, result.error());
    done(user, &error, result ? result->release() : nullptr);
  });
  return started ? CONCLAVE_OK : CONCLAVE_SHUTTING_DOWN;
}

}  // namespace
}  // namespace conclave::c

extern "C" {

conclave_code conclave_lease_open(conclave_client* client, int64_t ttl_ms, const conclave_lease_options* options,
                                  int64_t timeout_ms, conclave_lease** lease, conclave_error* error) {
  return conclave::c::guarded(error, [&] { return conclave::c::open(client, ttl_ms, options, timeout_ms, lease, error); });
}
conclave_code conclave_lease_open_async(conclave_client* client, int64_t ttl_ms, const conclave_lease_options* options,
                                        int64_t timeout_ms, conclave_lease_open_callback done, void* user) {
  return conclave::c::guarded(nullptr, [&] { return conclave::c::open_async(client, ttl_ms, options, timeout_ms, done, user); });
}
void conclave_lease_free(conclave_lease* lease) {
  if (lease != nullptr) lease->free();
}
conclave_lease_id conclave_lease_id_of(const conclave_lease* lease) { return lease == nullptr ? 0 : lease->body->id().value(); }
int64_t conclave_lease_ttl_ms(const conclave_lease* lease) { return lease == nullptr ? 0 : lease->body->ttl(); }
conclave_lease_state conclave_lease_state_of(const conclave_lease* lease) {
  const int64_t left = conclave_lease_certain_for_ms(lease);
  if (left < 0) return CONCLAVE_LEASE_LOST;
  return left > lease->body->ttl() / 2 ? CONCLAVE_LEASE_ALIVE : CONCLAVE_LEASE_JEOPARDY;
}
int64_t conclave_lease_certain_for_ms(const conclave_lease* lease) { return lease == nullptr ? -1 : lease->body->certain_for(); }
void conclave_lease_release(conclave_lease* lease) {
  if (lease != nullptr) lease->body->let_go();
}

}  // extern "C"
