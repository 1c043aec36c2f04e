#pragma once

#include <map>
#include <string>
#include <vector>

#include "conclave/client.hpp"

namespace conclave::test {

/// Every revision of a group, from the store itself.
struct GroupHistory {
  std::vector<WatchEvents> batches;
};
/// Everything under the group's keys from the first revision to `last`.
[[nodiscard]] GroupHistory read_history(Client& client, Revision last);

/// What the rules found, or empty: at no revision are more slots given than the policy had then, no machine has two, and who takes
/// a slot has fewer older waiters in front than slots were free.
[[nodiscard]] std::string judge(const GroupHistory& history, const std::string& group);
/// How many slots were taken by each machine.
[[nodiscard]] std::map<std::string, int> slots_taken(const GroupHistory& history, const std::string& group);

}  // namespace conclave::test
