#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/gateway_core/api_error.hpp"

namespace conclave::gateway {

struct JsonLimits {
  std::size_t message_bytes_max = 3 << 20;  ///< a value of 1.5 MiB in base64, and room
  std::size_t depth_max = 32;
};

/// Cuts a body that arrives in pieces of any size into the JSON objects in it, which stand one after the other, with or without
/// white space between them. Looks at brackets and strings only; what it gives may still be no JSON.
class JsonSplitter {
 public:
  explicit JsonSplitter(JsonLimits limits = {}) : limits_(limits) {}

  /// False after something that can be no row of objects, or is beyond a limit: `problem` says what, and nothing is taken any more.
  [[nodiscard]] bool feed(ByteView piece, Problem& problem);
  /// The next complete object.
  [[nodiscard]] std::optional<std::string> next();
  /// An object began and did not end.
  [[nodiscard]] bool within() const { return depth_ != 0; }

 private:
  [[nodiscard]] bool take(char c, Problem& problem);

  JsonLimits limits_;
  std::string pending_;  // of the object that has begun
  std::size_t depth_ = 0;
  std::size_t offset_ = 0;  // in the whole body, for messages
  bool in_string_ = false;
  bool escaped_ = false;
  bool broken_ = false;
  std::vector<std::string> ready_;
  std::size_t given_ = 0;
};

}  // namespace conclave::gateway
