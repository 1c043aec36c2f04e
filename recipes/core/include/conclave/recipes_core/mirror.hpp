#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/client/types.hpp"

namespace conclave::recipes::core {

using KeyMap = std::map<std::string, KeyValue, std::less<>>;

/// What one step of a mirror did to one key. Neither empty is impossible.
struct KeyChange {
  std::string key;
  std::optional<KeyValue> before;
  std::optional<KeyValue> after;
};
/// The step from what the mirror was to what it is at `revision`.
struct MirrorChange {
  Revision revision;
  std::vector<KeyChange> keys;
};
/// All keys at one revision; never changes.
struct MirrorState {
  Revision revision;
  std::shared_ptr<const KeyMap> keys;
};

/// The keys of a prefix as they were at one revision. One thread writes, any may read.
///
/// A change costs the depth of a tree; a state that was lent costs one copy of the map at the next change.
class Mirror {
 public:
  /// The whole listing at `revision`; tells how it differs from what was there.
  MirrorChange replace(Revision revision, KeyMap keys);
  /// One revision's events. What is not newer than the mirror is ignored: nothing is in the change then.
  MirrorChange apply(const WatchEvents& events);
  /// Nothing else changed up to `revision`.
  void reach(Revision revision);

  [[nodiscard]] Revision revision() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::optional<KeyValue> get(std::string_view key) const;
  [[nodiscard]] MirrorState state() const;
  /// Looks at the keys without a copy; `look` must not call the mirror.
  void look(const std::function<void(const KeyMap&)>& look) const;

 private:
  KeyMap& writable();

  mutable std::mutex mutex_;
  Revision revision_;
  std::shared_ptr<KeyMap> keys_ = std::make_shared<KeyMap>();
  mutable bool lent_ = false;
};

}  // namespace conclave::recipes::core
