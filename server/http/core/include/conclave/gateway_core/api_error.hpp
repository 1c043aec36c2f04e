#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/base/error.hpp"
#include "conclave/mvcc/response.hpp"

/// The v3 JSON interface of etcd as values: what comes in as JSON becomes requests of the engine, what the engine answers becomes
/// JSON. Pure; the listeners and streams are in the layer above.
namespace conclave::gateway {

/// The numbers that error bodies carry (those of gRPC).
enum class Code : std::uint8_t {
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};
[[nodiscard]] unsigned http_status(Code code);

/// What a client is told. Texts that start with "etcdserver: " are those of etcd, which clients compare; the others are ours.
struct ApiError {
  Code code = Code::unknown;
  std::string text;
  bool operator==(const ApiError&) const = default;
};

/// What the engine refused.
[[nodiscard]] ApiError api_error(Errc code, std::string_view context);
[[nodiscard]] inline ApiError api_error(const mvcc::Refused& refused) { return api_error(refused.code, refused.context); }

/// `{"error":TEXT,"message":TEXT,"code":N}` and a newline.
[[nodiscard]] std::string error_body(const ApiError& error);
/// The last line of a stream that fails after it began.
[[nodiscard]] std::string stream_error_line(const ApiError& error);

/// The first thing that is wrong with a request, noted by whoever finds it.
using Problem = std::optional<ApiError>;
inline void note(Problem& problem, Code code, std::string text) {
  if (!problem) problem = ApiError{code, std::move(text)};
}

}  // namespace conclave::gateway
