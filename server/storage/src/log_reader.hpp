#pragma once

#include <cstddef>
#include <vector>

#include "conclave/codec/log_codec.hpp"
#include "log_index.hpp"

namespace conclave::storage {

/// Entries from `from` on, at least one if it is in the log, up to `bytes_max`; their rows with them. Any thread.
[[nodiscard]] Result<std::vector<codec::DecodedLogRow>> read_entries(const LogIndex& index, Index from, std::size_t bytes_max);

}  // namespace conclave::storage
