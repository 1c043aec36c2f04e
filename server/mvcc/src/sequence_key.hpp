#pragma once

#include <cstdint>
#include <string>

#include "conclave/base/bytes.hpp"
#include "conclave/base/ids.hpp"

namespace conclave::mvcc {

inline constexpr std::size_t sequence_suffix_bytes = 24;

/// `key` completed by "%020u-%03u" of revision and operation number: later ones sort behind, and no counter is stored anywhere.
/// `operation` must be below 1000.
[[nodiscard]] std::string sequence_key(ByteView key, Revision revision, std::size_t operation);

}  // namespace conclave::mvcc
