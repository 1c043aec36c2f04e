#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conclave/client/types.hpp"
#include "conclave/recipes/wait.hpp"

namespace conclave {
class Client;
class ClientLoop;
}  // namespace conclave
namespace conclave::recipes {

namespace core {
class Place;
}

/// Something that is held: a lock, units of a semaphore, a leadership. Destroying it gives it back, without waiting.
///
/// Whether it is still held is judged by this machine's clock (CLOCK_BOOTTIME) alone: from the local deadline of its lease on it is
/// lost. That deadline lies before the server can give the thing to another, as long as clocks drift apart by less than 0.1 %. A
/// process that is stopped learns late: put guard() into every write that must not happen once the thing is lost, and the server
/// refuses the write.
///
/// What a handler needs may go after the Hold went or was released: no handler is called then, and the destructor waits for one
/// that is being called, unless it runs within it. So do not destroy a Hold while you keep a handler from going on. That somebody
/// removed the key by hand is not noticed here; the guard is refused then.
///
/// Move-only; different threads may call the const functions at the same time. May outlive its client; then it is lost.
class Hold {
 public:
  Hold();
  Hold(Hold&&) noexcept;
  Hold& operator=(Hold&&) noexcept;
  ~Hold();

  /// False for an empty handle and after release().
  [[nodiscard]] bool is_held() const;
  /// How long it is certainly held if nothing more is heard; zero once lost.
  [[nodiscard]] std::chrono::milliseconds certain_for() const;
  /// For any request: it is refused with Errc::fenced once this is not held any more.
  [[nodiscard]] const Guard& guard() const;
  /// The fencing token: grows strictly from holder to holder. It is the create revision of the holder's key.
  [[nodiscard]] Revision token() const;
  /// The key that stands for it.
  [[nodiscard]] const std::string& key() const;

  /// Called once, on the client's thread, when it is lost (at once if it is already); not after release(), nor when the client is
  /// closed.
  void on_lost(std::function<void()> handler);
  /// Called on the client's thread whenever no renewal was acknowledged for half a TTL: time to step down before it is lost.
  void on_jeopardy(std::function<void()> handler);

  /// Gives it back: one write, none if it was lost. It is not held from the call on, whatever the outcome; after an error it is
  /// given back in the background.
  Result<void> release(Wait wait = {std::chrono::seconds(5), {}});
  void release(std::function<void(Result<void>)> done, Wait wait = {std::chrono::seconds(5), {}});

 private:
  friend struct HoldAccess;
  struct State;
  explicit Hold(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Who holds something or waits for it.
struct Holder {
  std::string key;
  Revision token;
  LeaseId lease;
  std::string owner;
  std::string note;
  std::chrono::system_clock::time_point since;  ///< when it queued up, by its own clock
  std::uint64_t weight = 1;
};

}  // namespace conclave::recipes
