#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/ids.hpp"
#include "conclave/base/result.hpp"
#include "conclave/recipes/service.hpp"
#include "conclave/recipes/wait.hpp"

namespace conclave {
class Client;
}
namespace conclave::recipes {

/// How Discovery::pick() chooses among instances that are up.
enum class PickBy : std::uint8_t {
  turn,    ///< one after the other
  weight,  ///< each as often as its weight says, evenly mixed
};

/// What is looked for, and how one is chosen.
struct DiscoveryOptions {
  PickBy pick_by = PickBy::turn;
  std::string tag{};  ///< only instances that have this tag; empty: all
  /// Asks the cluster so often whether the list is up to date, which bounds age(). Zero: only sync() asks.
  std::chrono::milliseconds confirm_every{0};
  /// Called with all instances whenever one came, changed or went, and first when they are known; on the client's thread; must not
  /// block.
  std::function<void(const std::vector<ServiceInstance>&)> on_change{};
};

/// The instances of a service, kept in memory and up to date: list, then watch from that revision, without a gap.
///
///     conclave::recipes::Discovery mailers(client, "mailer");
///     if (auto ready = mailers.ready({.timeout = 5s}); !ready) return ready.error();
///     if (auto instance = mailers.pick()) connect(instance->address, instance->port);
///
/// It promises what a CachedView promises: no change is left out or told twice, also across lost connections and compactions, and
/// how old the list may be is known. While the cluster cannot be reached the last list stays. Costs: see there; pick() and
/// instances() cost no round trip.
///
/// All functions may be called from any thread, the blocking ones not from callbacks of the client. After the destructor returned
/// nothing is told, unless it is called from within on_change.
class Discovery {
 public:
  Discovery(Client& client, std::string service, DiscoveryOptions options = {});
  Discovery(Discovery&&) noexcept;
  Discovery& operator=(Discovery&&) noexcept;
  ~Discovery();

  /// Waits until the instances are known for the first time; there may be none.
  Result<void> ready(Wait wait = {});
  void ready(std::function<void(Result<void>)> done, Wait wait = {});
  /// Waits until every registration that completed before this call is seen.
  Result<Revision> sync(Wait wait = {});
  void sync(std::function<void(Result<Revision>)> done, Wait wait = {});

  /// All, in the order of their ids, in whatever state.
  [[nodiscard]] std::vector<ServiceInstance> instances() const;
  /// The next one to send work to: one that is up. Nothing if none is.
  [[nodiscard]] std::optional<ServiceInstance> pick();
  /// How old the list is at most; nothing before it is known.
  [[nodiscard]] std::optional<std::chrono::milliseconds> age() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace conclave::recipes
