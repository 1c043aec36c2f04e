#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Text that came from other machines, made fit for a terminal. Pure.
namespace conclave::locksmith::report {

/// The same text on one line, as valid UTF-8, without anything that a terminal would obey: control characters, escape sequences'
/// first bytes, what turns the direction of writing or takes no room. Each such character and each byte that is no UTF-8 becomes
/// U+FFFD. Without `unicode` everything that is not ASCII becomes '?'.
[[nodiscard]] std::string clean(std::string_view text, bool unicode = true);
/// How many columns of a terminal it takes; of clean text.
[[nodiscard]] std::size_t width_of(std::string_view text);
/// At most `width` columns of clean text; what was cut is told by an ellipsis at its end.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width, bool unicode = true);

/// "45s", "12m", "3h 05m", "2d 04h": two units at most, never more than nine characters below 1000 days. Negative is zero.
[[nodiscard]] std::string span_text(std::int64_t millis);
/// "2026-11-21 06:19:20Z" as people read it. What lies outside the years 0 to 9999 is "-".
[[nodiscard]] std::string time_text(std::int64_t millis_since_1970);
/// "2026-11-21T06:19:20Z" as programs read it (RFC 3339); nothing outside the years 0 to 9999.
[[nodiscard]] std::optional<std::string> rfc3339(std::int64_t millis_since_1970);
/// "1 machine", "2 machines".
[[nodiscard]] std::string count_text(std::uint64_t count, std::string_view singular, std::string_view plural = {});

}  // namespace conclave::locksmith::report
