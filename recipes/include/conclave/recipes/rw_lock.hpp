#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes/hold.hpp"

namespace conclave::recipes {

/// Who takes the lock, and how long others wait for it.
struct RwLockOptions {
  std::chrono::milliseconds ttl{10'000};  ///< 2 s at least: how long others wait when this process dies
  std::string owner{};                    ///< shown to others; empty: HOST:PID
  std::string note{};                     ///< shown to others
};

/// A lock that many readers or one writer have.
///
/// - **Safety.** At any moment the guards of one writer or of readers only are accepted by the server; by local clocks as with
///   Mutex.
/// - **Fencing token.** A writer's is greater than that of everybody who had the lock before it; a reader's is greater than that
///   of every writer before.
/// - **Unknown outcome, lost lease, cancellation.** As with Mutex.
/// - **Fairness.** Order of arrival: a reader that comes after a waiting writer waits for it, so writers are not starved. Nobody is
///   woken for nothing: a reader when the last writer before it goes, a writer when it is the oldest.
/// - **Cost.** As with Mutex: one write to take, one to give back, and one notice for who has to wait. holders(): one read.
class RwLock {
 public:
  RwLock(Client& client, std::string name, RwLockOptions options = {});
  RwLock(RwLock&&) noexcept;
  RwLock& operator=(RwLock&&) noexcept;
  ~RwLock();

  /// As the writer.
  Result<Hold> lock(Wait wait = {});
  void lock(std::function<void(Result<Hold>)> done, Wait wait = {});
  /// As the writer; nothing if somebody holds it or waits for it.
  Result<std::optional<Hold>> try_lock(Wait wait = {});
  void try_lock(std::function<void(Result<std::optional<Hold>>)> done, Wait wait = {});
  /// As a reader.
  Result<Hold> lock_shared(Wait wait = {});
  void lock_shared(std::function<void(Result<Hold>)> done, Wait wait = {});
  /// As a reader; nothing if a writer holds it or waits for it.
  Result<std::optional<Hold>> try_lock_shared(Wait wait = {});
  void try_lock_shared(std::function<void(Result<std::optional<Hold>>)> done, Wait wait = {});
  /// Everybody in the line, the oldest first; a writer's key has "//w/" in it, a reader's "//r/".
  Result<std::vector<Holder>> holders(Wait wait = {});
  void holders(std::function<void(Result<std::vector<Holder>>)> done, Wait wait = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
