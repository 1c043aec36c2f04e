#include "key_value_bytes.hpp"

namespace conclave::codec {

namespace {

constexpr std::size_t batch_bytes_min = 12;
constexpr std::size_t event_bytes_min = 44;

std::size_t bytes_of(const mvcc::Event& event) {
  std::size_t bytes = event_bytes_min + event.kv->key().size() + event.kv->value().size();
  if (event.prev) bytes += 36 + event.prev->value().size();
  return bytes;
}

void append_event(std::string& out, const mvcc::Event& event) {
  const mvcc::KeyValue& kv = *event.kv;
  append_u8(out, static_cast<std::uint8_t>(event.kind));
  append_u8(out, static_cast<std::uint8_t>(event.cause));
  append_u8(out, event.prev ? 1 : 0);
  append_u8(out, 0);
  append_u32(out, static_cast<std::uint32_t>(kv.key().size()));
  append_u32(out, static_cast<std::uint32_t>(kv.value().size()));
  append_versions(out, kv.versions());
  out.append(kv.key()).append(kv.value());
  if (!event.prev) return;
  append_u32(out, static_cast<std::uint32_t>(event.prev->value().size()));
  append_versions(out, event.prev->versions());
  out.append(event.prev->value());
}

bool read_event(ByteReader& reader, mvcc::Event& out) {
  const std::uint8_t kind = reader.u8();
  const std::uint8_t cause = reader.u8();
  const std::uint8_t has_prev = reader.u8();
  const std::uint8_t reserved = reader.u8();
  if (kind > static_cast<std::uint8_t>(mvcc::EventKind::erase) ||
      cause > static_cast<std::uint8_t>(mvcc::EventCause::lease_revoked)) {
    return false;
  }
  if (has_prev > 1 || reserved != 0) return false;
  out.kind = static_cast<mvcc::EventKind>(kind);
  out.cause = static_cast<mvcc::EventCause>(cause);
  const std::size_t key_bytes = reader.u32();
  const std::size_t value_bytes = reader.u32();
  const auto versions = read_versions(reader);
  const ByteView key = reader.take(key_bytes);
  const ByteView value = reader.take(value_bytes);
  if (!reader.ok()) return false;
  out.kv = mvcc::make_key_value(key, value, versions);
  if (has_prev == 0) return true;
  const std::size_t prev_bytes = reader.u32();
  const auto prev_versions = read_versions(reader);
  const ByteView prev_value = reader.take(prev_bytes);
  if (!reader.ok()) return false;
  out.prev = mvcc::make_key_value(key, prev_value, prev_versions);
  return true;
}

bool read_batch(ByteReader& reader, mvcc::EventBatch& out) {
  out.revision = Revision(reader.u64());
  const std::size_t events = reader.u32();
  if (!reader.ok() || events > reader.left() / event_bytes_min) return false;
  out.events.resize(events);
  for (auto& event : out.events) {
    if (!read_event(reader, event)) return false;
  }
  return true;
}

}  // namespace

void append_batches(std::string& out, const std::vector<mvcc::EventBatchPtr>& batches) {
  std::size_t bytes = out.size() + 4;
  for (const auto& batch : batches) {
    bytes += batch_bytes_min;
    for (const auto& event : batch->events) bytes += bytes_of(event);
  }
  out.reserve(bytes);
  append_u32(out, static_cast<std::uint32_t>(batches.size()));
  for (const auto& batch : batches) {
    append_u64(out, batch->revision.value());
    append_u32(out, static_cast<std::uint32_t>(batch->events.size()));
    for (const auto& event : batch->events) append_event(out, event);
  }
}

bool read_batches(ByteReader& reader, std::vector<mvcc::EventBatchPtr>& out) {
  const std::size_t count = reader.u32();
  if (!reader.ok() || count > reader.left() / batch_bytes_min) return false;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    mvcc::EventBatch batch;
    if (!read_batch(reader, batch)) return false;
    if (!out.empty() && batch.revision <= out.back()->revision) return false;
    out.push_back(std::make_shared<const mvcc::EventBatch>(std::move(batch)));
  }
  return reader.left() == 0;
}

}  // namespace conclave::codec
