#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "conclave/base/result.hpp"
#include "conclave/http_core/message.hpp"

namespace conclave::http {

/// Decodes %XX, and '+' as a space in forms and queries. A '%' that two hexadecimal digits do not follow is an error that says
/// where.
[[nodiscard]] Result<std::string> decode_percent(std::string_view text, bool plus_is_space);
/// Encodes everything but letters, digits and "-._~".
[[nodiscard]] std::string encode_percent(std::string_view text);

/// "a=1&b&c=%20": names and values decoded; a name without '=' has an empty value.
[[nodiscard]] Result<Parameters> parse_parameters(std::string_view text, std::size_t parameters_max = 256);

/// True for application/x-www-form-urlencoded, with or without a charset.
[[nodiscard]] bool is_form(std::string_view content_type);

}  // namespace conclave::http
