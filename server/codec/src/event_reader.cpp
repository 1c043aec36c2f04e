#include "conclave/codec/event_reader.hpp"

#include "conclave/protocol/client_generated.h"
#include "flat.hpp"

namespace conclave::codec {
namespace {

KeyValueView read_key_value(const wire::KeyValue& kv) {
  return {view_of(kv.key()), view_of(kv.value()), {Revision(kv.create()), Revision(kv.mod()), kv.version(), LeaseId(kv.lease())}};
}

}  // namespace

Result<std::vector<EventView>> read_events(ByteView events) {
  if (reinterpret_cast<std::uintptr_t>(events.data()) % 8 != 0) return fail(Errc::malformed, "events that are not aligned");
  const auto* root = verified<wire::Events>(events, protocol::reply_verify);
  if (root == nullptr) return fail(Errc::malformed, "events that do not verify");
  std::vector<EventView> out;
  if (root->events() == nullptr) return out;
  out.reserve(root->events()->size());
  for (const wire::Event* event : *root->events()) {
    if (event->kv() == nullptr || event->kind() > wire::EventKind::MAX || event->cause() > wire::EventCause::MAX)
      return fail(Errc::malformed, "an event without its key, or of an unknown kind");
    EventView& view = out.emplace_back();
    view.kind = static_cast<mvcc::EventKind>(event->kind());
    view.cause = static_cast<mvcc::EventCause>(event->cause());
    view.kv = read_key_value(*event->kv());
    if (event->prev() != nullptr) view.prev = read_key_value(*event->prev());
  }
  return out;
}

}  // namespace conclave::codec
