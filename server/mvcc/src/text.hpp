#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conclave/base/bytes.hpp"
#include "conclave/base/result.hpp"

/// Texts of refusals. They are remembered in session outcomes and hashed, so they are the same on every member, and short whatever
/// the request holds.
namespace conclave::mvcc {

/// "a key of 40000 bytes; the limit is 32768".
[[nodiscard]] std::string beyond(std::string_view what, std::uint64_t number, std::string_view unit, std::uint64_t limit);
[[nodiscard]] Unexpected too_large(std::string_view what, std::uint64_t number, std::string_view unit, std::uint64_t limit);
/// The key in quotes, cut after 64 bytes; what is not printable ASCII as \xNN.
[[nodiscard]] std::string quoted(ByteView key);

}  // namespace conclave::mvcc
