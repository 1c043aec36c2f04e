#pragma once

#include <array>

#include "system.hpp"

namespace conclave::bench {

/// Bytes of the messages of a put of a key of some 20 and a value of 256 bytes.
inline constexpr std::size_t request_bytes = 368;
inline constexpr std::size_t entry_bytes = 584;
inline constexpr std::size_t acknowledgement_bytes = 96;
inline constexpr std::size_t answer_bytes = 88;

/// Writes and flushes what the leader sends, and says so, until the connection ends.
void follow(const Descriptor& leader, BlockFile& file);

/// Passes each request on, flushes it too, and answers when one of the followers has flushed it, until the client's connection
/// ends.
void lead(const Descriptor& client, const std::array<Descriptor, 2>& followers, BlockFile& file);

}  // namespace conclave::bench
