#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/mvcc/key_value.hpp"

namespace conclave::codec {

/// A version of a key within encoded bytes.
struct KeyValueView {
  ByteView key;
  ByteView value;
  mvcc::KeyValue::Versions versions;
};
struct EventView {
  mvcc::EventKind kind = mvcc::EventKind::put;
  mvcc::EventCause cause = mvcc::EventCause::request;
  KeyValueView kv;
  std::optional<KeyValueView> prev;
};

/// What EventEncoder made, as views into `events`, for those who push events in another form than the wire's. Errc::malformed for
/// bytes it did not make.
[[nodiscard]] Result<std::vector<EventView>> read_events(ByteView events);

}  // namespace conclave::codec
