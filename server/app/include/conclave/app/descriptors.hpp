#pragma once

#include <cstddef>
#include <cstdint>

#include "conclave/base/log_sink.hpp"

namespace conclave::app {

/// How the files and sockets that the process may have open are divided, so that no kind of connection can starve another: what
/// a member needs for itself and its peers is set aside first, and HTTP gets no more than half of the rest.
struct Descriptors {
  std::uint64_t limit = 0;
  std::size_t clients = 0;  ///< connections of the binary protocol
  std::size_t http = 0;     ///< connections of HTTP, those that are told there are too many counted in
};

[[nodiscard]] Descriptors divide(std::uint64_t limit);

/// Raises the limit of this process as far as it may and says so.
[[nodiscard]] Descriptors take_descriptors(LogSink& log);

}  // namespace conclave::app
