#pragma once

#include <string>

#include "conclave/base/bytes.hpp"

namespace conclave::gateway {

/// Events as JSON, rendered once for all the streams that are pushed the same bytes one after the other.
class EventText {
 public:
  /// The events with commas between them, valid until the next call; null for bytes that are no events.
  [[nodiscard]] const std::string* render(const Bytes& events);

 private:
  Bytes last_;  // kept alive, so that nothing else can come to stand at its place
  std::string text_;
};

}  // namespace conclave::gateway
