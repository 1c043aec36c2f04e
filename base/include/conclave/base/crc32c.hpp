#pragma once

#include <cstdint>

#include "conclave/base/bytes.hpp"

namespace conclave {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes`, continuing from `seed` (0 to start).
[[nodiscard]] std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0);

}  // namespace conclave
