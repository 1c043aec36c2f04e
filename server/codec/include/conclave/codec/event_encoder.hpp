#pragma once

#include "conclave/engine/ports.hpp"

namespace conclave::codec {

/// Events as the tail of an events push (schema Events). `keys_only` leaves out values, also of the version before.
class EventEncoder final : public engine::EventEncoder {
 public:
  [[nodiscard]] Bytes encode(std::span<const mvcc::Event> events, bool want_previous, bool keys_only) const override;
};

}  // namespace conclave::codec
