#pragma once

#include <string>
#include <string_view>

#include "conclave/base/result.hpp"

/// Where recipes keep their keys; docs/recipes.md is the contract that others read them by.
namespace conclave::recipes::core {

/// The kinds of things, as they stand in keys.
namespace kind {
inline constexpr std::string_view lock = "lock";
inline constexpr std::string_view rw_lock = "rwlock";
inline constexpr std::string_view semaphore = "semaphore";
inline constexpr std::string_view reboot = "reboot";
inline constexpr std::string_view election = "election";
inline constexpr std::string_view barrier = "barrier";
inline constexpr std::string_view double_barrier = "double-barrier";
inline constexpr std::string_view counter = "counter";
inline constexpr std::string_view latch = "latch";
}  // namespace kind

/// 1 to 512 bytes, no control characters; parts between slashes, none of them empty.
[[nodiscard]] Result<void> check_name(std::string_view name);

/// "/conclave/KIND/NAME": the thing's own record.
[[nodiscard]] std::string key_of(std::string_view kind, std::string_view name);
/// "/conclave/KIND/NAME//": what belongs to it. No other thing's keys begin so, because names have no empty parts.
[[nodiscard]] std::string directory_of(std::string_view kind, std::string_view name);

}  // namespace conclave::recipes::core
