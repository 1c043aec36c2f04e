#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes_core/call.hpp"
#include "conclave/recipes_core/mirror.hpp"

namespace conclave::recipes::core {

/// Keeps a mirror of a prefix: lists it at one revision, watches from the next one on, and lists again when a watch ends, because
/// its revision was compacted for example. conclave/recipes/cached_view.hpp tells what it promises. On the store's thread, except
/// where it says otherwise.
class View : public std::enable_shared_from_this<View> {
 public:
  using Changed = std::function<void(const MirrorChange&)>;

  /// `confirm_every`: asks so often how old the view is; zero: only when it is asked to.
  View(Store& store, std::string prefix, Duration confirm_every = Duration::zero());

  void start();
  /// Nobody is told anything afterwards; calls that wait fail with cancelled.
  void stop();
  /// Told of every step, the first being the listing.
  [[nodiscard]] Subscription on_change(Changed listener) { return changed_.add(std::move(listener)); }

  /// Has `what` as long as it goes on.
  void keep(std::shared_ptr<void> what) { kept_ = std::move(what); }

  /// Any thread.
  [[nodiscard]] const Mirror& mirror() const { return mirror_; }
  /// Any thread: everything that had happened by then is in the mirror; nothing before the first listing.
  [[nodiscard]] std::optional<Instant> confirmed_at() const;

  /// Waits for the first listing.
  static Task<Result<bool>> listed(std::shared_ptr<View> self, Call call);
  /// Waits until everything that completed before this call is in the mirror, and gives its revision then.
  static Task<Result<Revision>> sync(std::shared_ptr<View> self, Call call);

 private:
  static Detached run(std::shared_ptr<View> self);
  static Detached confirm(std::shared_ptr<View> self);
  static Task<Result<bool>> list(std::shared_ptr<View> self);
  static Task<Error> follow(std::shared_ptr<View> self);
  static Task<Result<bool>> await_move(std::shared_ptr<View> self, Duration patience, Call call);
  void take(const WatchEvents& events);
  void confirmed(Instant sent);
  void moved();

  Store& store_;
  std::string prefix_;
  Duration confirm_every_;
  Mirror mirror_;
  std::shared_ptr<Signal> stop_ = std::make_shared<Signal>();
  Listeners<const MirrorChange&> changed_;
  Listeners<> moved_;
  std::shared_ptr<void> kept_;
  std::optional<Error> refused_;  ///< why there is no first listing, as far as it is known
  std::atomic<bool> listed_{false};
  std::atomic<std::int64_t> confirmed_at_{0};
};
using ViewPtr = std::shared_ptr<View>;

/// The keys from `begin` to the last that begins with `prefix`.
[[nodiscard]] Keys rest_of_prefix(std::string begin, const std::string& prefix);

}  // namespace conclave::recipes::core
