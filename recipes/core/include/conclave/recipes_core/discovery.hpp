#pragma once

#include <map>
#include <string>
#include <vector>

#include "conclave/recipes_core/mirror.hpp"
#include "conclave/recipes_core/service_record.hpp"

namespace conclave::recipes::core {

/// One registered instance.
struct Instance {
  std::string id;
  ServiceRecord record;
  Revision since;  ///< of its registration
};

/// The instances in a mirror of a service's directory, in the order of their ids. What is no record is left out.
[[nodiscard]] std::vector<Instance> instances_in(const KeyMap& keys, const std::string& directory);

/// Chooses among instances in turn, each as often as its weight says, and as evenly as that goes: three of weights 2, 1 and 1 come
/// as a b c a, not a a b c.
class TurnPicker {
 public:
  /// `weighted` false: all count the same.
  explicit TurnPicker(bool weighted) : weighted_(weighted) {}
  /// The index of the next of `choices`; choices.size() if none may be chosen: there is none, or all weigh nothing.
  [[nodiscard]] std::size_t next(const std::vector<const Instance*>& choices);

 private:
  bool weighted_;
  std::map<std::string, std::int64_t> credit_;
};

}  // namespace conclave::recipes::core
