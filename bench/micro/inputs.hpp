#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/mvcc/key_value.hpp"

/// What the benchmarks work on: the requests of the workload `put`, with keys of 24 and values of 256 bytes.
namespace conclave::micro {

inline constexpr std::size_t value_bytes = 256;

[[nodiscard]] std::string key_of(std::uint64_t number);
[[nodiscard]] std::string value_of_size(std::size_t bytes = value_bytes);
/// A client's request to put that key, in a session: the frame as it is sent.
[[nodiscard]] Bytes put_frame(std::uint64_t number);
/// Its payload, as the server's codec gets it.
[[nodiscard]] Bytes put_request(std::uint64_t number);
/// A log entry's payload: puts of `count` keys drawn from `keys`.
[[nodiscard]] Bytes put_batch(std::size_t count, std::uint64_t keys, std::uint64_t seed);
[[nodiscard]] mvcc::KeyValuePtr key_value(std::uint64_t number, std::uint64_t revision = 1);

}  // namespace conclave::micro
