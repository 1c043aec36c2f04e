#pragma once

#include <string>
#include <string_view>

#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"

namespace conclave::locksmith {

/// Reads a duration such as "1h30m", "90s", "250ms" or "2d": whole numbers, each with its unit, the largest unit first and none
/// twice. Nothing negative and nothing beyond a year. Errors: invalid_argument, saying what is wrong with which text.
[[nodiscard]] Result<milliseconds> parse_duration(std::string_view text);
/// The shortest text that parse_duration() reads as `span`; "0s" for none. Negative spans have a minus sign, for people.
[[nodiscard]] std::string duration_text(milliseconds span);

}  // namespace conclave::locksmith
