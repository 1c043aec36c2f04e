#pragma once

#include "conclave/base/bytes.hpp"
#include "conclave/mvcc/command.hpp"

namespace conclave::codec {

/// A command that a client may give, as the bytes of a WriteRequest without session and guards: what a client would send, for
/// requests that reach a member in another form. Commands that only leaders make are not among them.
[[nodiscard]] Bytes encode_command(const mvcc::CommandBody& body);

}  // namespace conclave::codec
