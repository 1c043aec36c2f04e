#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/base/result.hpp"

/// The ways of writing that people know from locksmith 0.6, in ours. Pure.
namespace conclave::locksmith::ctl {

/// Go's flag package writes long flags with one dash: `-group=db`, `-endpoint a`. The words with such flags in our spelling
/// (`--group=db`); what is no flag of these names, what follows `--`, and short flags stay as they are.
[[nodiscard]] std::vector<std::string> modern_words(const std::vector<std::string>& words,
                                                    const std::vector<std::string_view>& long_flags);

/// Where members are: from `-endpoint` given several times, each a comma list, each part HOST:PORT or a URL
/// (http://HOST:PORT/, https://HOST:PORT).
struct Endpoints {
  std::vector<std::string> addresses;  ///< HOST:PORT
  bool tls = false;                    ///< one was written with https
};
/// invalid_argument for none at all, another scheme, a path, a missing port, or http and https together.
[[nodiscard]] Result<Endpoints> endpoints_of(const std::vector<std::string>& given);

/// What the older programs kept in one key.
struct OldSemaphore {
  std::uint64_t max = 0;
  std::vector<std::string> holders;  ///< sorted
  bool operator==(const OldSemaphore&) const = default;
};
inline constexpr std::size_t old_semaphore_bytes_max = 1'000'000;
/// Reads {"semaphore": 1, "max": 2, "holders": ["id"]} of locksmith, or {"total_slots": 2, "holders": ["id"]} of airlock; holders
/// may be null. malformed, with what is wrong, unless it is exactly that and true to itself: free slots and holders make up max,
/// no holder twice, ids that a machine can have. A negative number of free slots (more holders than max) is true to itself.
[[nodiscard]] Result<OldSemaphore> old_semaphore_of(std::string_view json);

}  // namespace conclave::locksmith::ctl
