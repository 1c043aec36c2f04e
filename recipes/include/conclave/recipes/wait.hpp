#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "conclave/base/error.hpp"

namespace conclave::recipes {

/// How long to wait for something, and who may call the wait off. Calling it off leaves nothing behind: a place that was taken
/// meanwhile is given back in the background.
struct Wait {
  std::optional<std::chrono::milliseconds> timeout{};  ///< none: as long as it takes
  std::stop_token stop{};
};

/// The error of a wait that ended at its timeout. All three are definite: what was waited for is not held and will not be.
inline constexpr Errc timed_out = Errc::deadline_exceeded;
/// The error of a wait that was called off.
inline constexpr Errc called_off = Errc::cancelled;
/// The error of a wait whose own lease was lost, or whose place in the queue somebody removed.
inline constexpr Errc lease_lost = Errc::session_expired;

}  // namespace conclave::recipes
