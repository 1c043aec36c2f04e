#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/client/types.hpp"
#include "conclave/recipes/wait.hpp"

namespace conclave {
class Client;
}
namespace conclave::recipes {

/// What happened to one key between two revisions of a view.
struct ViewChange {
  std::string key;
  std::optional<KeyValue> before;  ///< empty: it was not there
  std::optional<KeyValue> after;   ///< empty: it is gone
};
/// One step of a view. All changes of one revision come in one step; the first step, and each after a gap in the history was
/// crossed, has all that differs.
struct ViewStep {
  Revision revision;
  std::vector<ViewChange> changes;
};
/// All keys of a view at one revision. Never changes; copying it costs nothing.
struct ViewSnapshot {
  using Keys = std::map<std::string, KeyValue, std::less<>>;
  Revision revision;
  std::shared_ptr<const Keys> keys;
};

/// How a view is kept.
struct CachedViewOptions {
  /// Asks the cluster so often whether the view is up to date, which bounds age(): one read each time. Zero: only sync() asks.
  std::chrono::milliseconds confirm_every{0};
  /// Told of every step, in order, on the client's thread; must not block.
  std::function<void(const ViewStep&)> on_change{};
};

/// The keys of a prefix, mirrored in memory: reads cost no round trip.
///
///     conclave::recipes::CachedView settings(client, "settings/", {.confirm_every = 1s});
///     if (auto ready = settings.ready({.timeout = 5s}); !ready) return ready.error();
///     auto limit = settings.get("settings/limit");
///
/// - **Consistency.** get() and snapshot() show the prefix exactly as it was at revision(), which never goes back: each revision is
///   shown whole and in order, none is left out. A view that was away for so long that the history is compacted lists the keys
///   again and tells what differs.
/// - **Staleness** is known: everything that had completed age() ago is shown. It is judged by the local clock from the moment when
/// a
///   read that confirmed it was *sent*, so it holds across members that lag and links that are cut: then it grows.
/// - **sync()** waits until everything that completed before the call is shown: read your own and other programs' writes.
/// - **Failure.** A lost connection is made again and the view goes on where it was. Nothing is lost, nothing is told twice.
/// - **Cost.** One listing, in pages, then one watch. sync() and each confirmation are one read; of prefixes with more than 100,000
/// keys
///   it waits for the watch's progress instead, some seconds. A change costs the depth of a tree, and a copy of the map if a
///   snapshot was taken since the last one.
///
/// All functions may be called from any thread, the blocking ones not from callbacks of the client. After the destructor returned
/// nothing is told, unless it is called from within on_change.
class CachedView {
 public:
  CachedView(Client& client, std::string prefix, CachedViewOptions options = {});
  CachedView(CachedView&&) noexcept;
  CachedView& operator=(CachedView&&) noexcept;
  ~CachedView();

  /// Waits until the keys were listed for the first time. Errors: those of wait.hpp; permission_denied and other refusals at once.
  Result<void> ready(Wait wait = {});
  void ready(std::function<void(Result<void>)> done, Wait wait = {});
  /// Waits until everything that completed before this call is shown, and gives revision() then.
  Result<Revision> sync(Wait wait = {});
  void sync(std::function<void(Result<Revision>)> done, Wait wait = {});

  /// The key as it is at revision(); nothing if there is none.
  [[nodiscard]] std::optional<KeyValue> get(std::string_view key) const;
  /// All keys as they are now.
  [[nodiscard]] ViewSnapshot snapshot() const;
  /// Zero before the first listing.
  [[nodiscard]] Revision revision() const;
  /// How many keys it has.
  [[nodiscard]] std::size_t size() const;
  /// How old the view is at most; nothing before the first listing.
  [[nodiscard]] std::optional<std::chrono::milliseconds> age() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace conclave::recipes
