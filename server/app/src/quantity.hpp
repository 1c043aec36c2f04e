#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"

namespace conclave::app {

/// "100ms", "1s", "10m", "2h", "7d": a whole number and a unit.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
/// "1572864", "1536KiB", "64MiB", "2GiB", "1TiB".
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] Result<std::uint64_t> parse_number(std::string_view text);

/// The same in the largest unit that divides it.
[[nodiscard]] std::string duration_text(Duration duration);
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace conclave::app
