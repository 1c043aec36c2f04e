#include "conclave/codec/event_encoder.hpp"

#include "reply_writer.hpp"

namespace conclave::codec {

Bytes EventEncoder::encode(std::span<const mvcc::Event> events, bool want_previous, bool keys_only) const {
  constexpr std::size_t table_bytes = 96;  // roughly, of an event and its key value
  std::size_t bytes = 64;
  for (const auto& event : events) bytes += table_bytes + event.kv->key().size() + (keys_only ? 0 : event.kv->value().size());
  Builder builder(bytes);
  std::vector<flatbuffers::Offset<wire::Event>> offsets;
  offsets.reserve(events.size());
  for (const auto& event : events) {
    const auto kv = write_key_value(builder, *event.kv, !keys_only);
    const bool with_previous = want_previous && event.prev != nullptr;
    const auto prev = with_previous ? write_key_value(builder, *event.prev, !keys_only) : flatbuffers::Offset<wire::KeyValue>(0);
    offsets.push_back(
        wire::CreateEvent(builder, static_cast<wire::EventKind>(event.kind), static_cast<wire::EventCause>(event.cause), kv, prev));
  }
  builder.Finish(wire::CreateEvents(builder, builder.CreateVector(offsets)));
  // The finished buffer is shared by every connection that gets it: it is taken over, not copied.
  auto owner = std::make_shared<flatbuffers::DetachedBuffer>(builder.Release());
  const ByteView view(reinterpret_cast<const char*>(owner->data()), owner->size());
  return Bytes(std::move(owner), view);
}

}  // namespace conclave::codec
