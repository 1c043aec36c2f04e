#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "conclave/test/watch_checker.hpp"
#include "core/trace.hpp"

namespace conclave::sim {

/// What programs were told about a work queue, held against everything that happened in the store.
class QueueOracle {
 public:
  /// A push that was known to have succeeded.
  void pushed(const std::string& id) { pushed_.insert(id); }
  /// An acknowledgement that was known to have succeeded.
  void acknowledged(const std::string& id);

  /// At the end of a world. `directory` is the queue's; "effect/ID" is written by the acknowledgement of an item, and by nothing
  /// else. At each revision an item that exists waits, is held or is dead, and just one of these; it goes only with its
  /// acknowledgement; it is dead only after its last attempt; no two claims on it exist at once. At the end none that was pushed is
  /// lost.
  void judge(const std::string& directory, const std::vector<test::WatchedBatch>& batches) const;
  [[nodiscard]] std::uint64_t acknowledgements() const { return acknowledged_.size(); }

 private:
  std::set<std::string> pushed_;
  std::set<std::string> acknowledged_;
};

}  // namespace conclave::sim
