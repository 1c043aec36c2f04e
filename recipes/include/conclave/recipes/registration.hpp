#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "conclave/base/result.hpp"
#include "conclave/recipes/service.hpp"
#include "conclave/recipes/wait.hpp"

namespace conclave {
class Client;
}
namespace conclave::recipes {

enum class RegistrationState : std::uint8_t {
  waiting,     ///< not registered now: at the beginning, after the lease was lost, or before the first good report of health
  registered,  ///< as far as it knows
  replaced,    ///< another process registered under the same id; this one stays away
  ended,       ///< deregistered, or the client is closed
};

/// How an instance is registered.
struct RegistrationOptions {
  std::chrono::milliseconds ttl{10'000};  ///< 2 s at least: how long it is still found after this process died
  std::string owner{};                    ///< shown to others; empty: HOST:PID
  /// After a lost lease it registers again after a pause of chance, at most so long: others lost theirs by the same mishap.
  std::chrono::milliseconds jitter{1000};
  /// False: nothing is registered before the first report_health(true).
  bool healthy = true;
  /// Unhealthy when no report_health(true) came for so long: a process that hangs is not found. Zero: reports need not be repeated.
  std::chrono::milliseconds health_within{0};
  /// Every change of state, on the client's thread; must not block. None comes after the destructor, which waits for one that is
  /// being told, unless it runs within it.
  std::function<void(RegistrationState)> on_state{};
};

/// Tells others where this instance of a service is, as long as this object lives.
///
///     conclave::recipes::Registration registration(client, "mailer", {.address = "10.0.0.7", .port = 2525});
///     if (auto ready = registration.ready({.timeout = 5s}); !ready) return ready.error();
///     ...
///     registration.drain();       // still found, but nothing new comes
///     registration.deregister();
///
/// - **Safety.** The entry stands on a lease of its own: when the process dies it is gone after a TTL. There is one entry for an
///   id; who registers last has it, and who had it before is told (replaced) and does not fight for it. Once deregister() returned
///   without error the entry is gone and does not come back.
/// - **Lost lease.** It registers again by itself, with a new lease, after a pause of chance (jitter), as often as needed. It does
///   so too when somebody deletes the entry by hand. on_state tells.
/// - **Unknown outcome.** There is none to handle: writes are repeated until what is told stands in the store. Of deregister(): see
///   there.
/// - **Cancellation.** Of ready(), drain() and resume(): the wait ends, what was said is written all the same.
/// - **Health.** Only a healthy instance is registered for the first time; later an unhealthy one says so in its entry.
/// - **Fencing token.** There is none: an entry is told, not held. Use an Election or a Mutex for what only one may do.
/// - **Cost.** One write to register, besides the grant of the lease; one for each change; deregister() is one write.
///
/// All functions may be called from any thread, the blocking ones not from callbacks of the client. The destructor deregisters
/// without waiting.
class Registration {
 public:
  Registration(Client& client, std::string service, ServiceInstance instance, RegistrationOptions options = {});
  Registration(Registration&&) noexcept;
  Registration& operator=(Registration&&) noexcept;
  ~Registration();

  /// Waits until others can see what was said last. Errors: already_exists if replaced; those of wait.hpp.
  Result<void> ready(Wait wait = {});
  void ready(std::function<void(Result<void>)> done, Wait wait = {});
  /// How it stands, as far as it knows.
  [[nodiscard]] RegistrationState state() const;
  /// Also one that was made up.
  [[nodiscard]] const std::string& id() const;

  /// Says how the instance is. Asks nobody; ready() waits until others know.
  void report_health(bool healthy);
  /// Other metadata; id and state stay. ready() waits until it is known.
  void update(ServiceInstance instance);
  /// It stays registered, and others see that nothing new should be sent to it. Waits until they can.
  Result<void> drain(Wait wait = {std::chrono::seconds(5), {}});
  void drain(std::function<void(Result<void>)> done, Wait wait = {std::chrono::seconds(5), {}});
  /// Takes new work again.
  Result<void> resume(Wait wait = {std::chrono::seconds(5), {}});
  void resume(std::function<void(Result<void>)> done, Wait wait = {std::chrono::seconds(5), {}});
  /// It is found no more. After an error it is removed in the background, at the latest when its lease ends.
  Result<void> deregister(Wait wait = {std::chrono::seconds(5), {}});
  void deregister(std::function<void(Result<void>)> done, Wait wait = {std::chrono::seconds(5), {}});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
