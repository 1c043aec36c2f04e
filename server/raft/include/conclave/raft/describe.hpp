#pragma once

#include <string>

#include "conclave/raft/core.hpp"

/// Stable one-line texts for golden scripts and logs. The format is part of the tests: change both together.
namespace conclave::raft {

[[nodiscard]] std::string describe(const EntryId& id);
[[nodiscard]] std::string describe(const Entry& entry);
[[nodiscard]] std::string describe(const Membership& membership);
[[nodiscard]] std::string describe(const Message& message);
[[nodiscard]] std::string describe(const Ready& ready);    ///< one line a part, each ending in a newline
[[nodiscard]] std::string describe(const Status& status);

}  // namespace conclave::raft
