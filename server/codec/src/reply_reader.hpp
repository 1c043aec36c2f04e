#pragma once

#include "conclave/base/result.hpp"
#include "conclave/mvcc/response.hpp"
#include "conclave/protocol/client_generated.h"
#include "flat.hpp"

namespace conclave::codec {

/// A verified body as the response it was made from. Errc::corruption for what no outcome can be.
[[nodiscard]] Result<mvcc::ResponseBody> read_response(wire::ReplyBody kind, const void* body);

}  // namespace conclave::codec
