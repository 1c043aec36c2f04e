#pragma once

#include <optional>

#include "conclave/http_core/message.hpp"
#include "conclave/http_core/request_parser.hpp"

namespace conclave::http {

/// Looks at a head whose method, target, version and fields are set: what the headers say together (Host, Content-Length and
/// Transfer-Encoding, Expect) and the target. Fills in the rest of the head; a refusal if it does not hold together.
[[nodiscard]] std::optional<Refusal> finish_head(RequestHead& head, const ParseLimits& limits);

}  // namespace conclave::http
