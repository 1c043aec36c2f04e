#pragma once

#include <optional>
#include <string>

#include "conclave/base/bytes.hpp"

namespace conclave::gateway {

/// Standard alphabet, with padding; appended.
void append_base64(std::string& out, ByteView bytes);
/// Takes the standard and the URL alphabet, with or without padding; nothing for anything else.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace conclave::gateway
