#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/key_value.hpp"

namespace conclave::mvcc {

using WatchGroupId = StrongId<struct WatchGroupIdTag>;

/// What a watch wants. Watches with equal specs form one group: an event batch is filtered and encoded once for all of them.
struct WatchSpec {
  KeySelector::Kind kind = KeySelector::Kind::single;
  std::string begin;
  std::string end;
  bool no_put = false;
  bool no_delete = false;
  bool want_previous = false;
  bool keys_only = false;
  auto operator<=>(const WatchSpec&) const = default;
  [[nodiscard]] bool wants(const Event& event) const;  ///< key and filters
};

/// Which groups an event batch concerns. Cost of match() depends on the events and the groups hit, not on how many groups there are
/// (single keys by hash, prefixes and ranges by an interval tree). Not thread-safe.
class WatchIndex {
 public:
  WatchIndex();
  ~WatchIndex();

  /// The group of this spec, made if there is none. Each acquire needs one release. `end` counts only for a range; spec() has it empty
  /// for the other kinds.
  [[nodiscard]] WatchGroupId acquire(const WatchSpec& spec);
  void release(WatchGroupId group);
  [[nodiscard]] const WatchSpec& spec(WatchGroupId group) const;
  /// Groups that want at least one event of the batch, ascending, each once.
  [[nodiscard]] std::vector<WatchGroupId> match(const EventBatch& batch) const;
  [[nodiscard]] std::size_t group_count() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The events of `batch` that `spec` wants, in order.
[[nodiscard]] std::vector<Event> filtered(const EventBatch& batch, const WatchSpec& spec);

}  // namespace conclave::mvcc
