#include "event_text.hpp"

#include "conclave/codec/event_reader.hpp"
#include "conclave/gateway_core/watch_json.hpp"

namespace conclave::gateway {
namespace {

KeyValueFields fields(const codec::KeyValueView& kv) { return {kv.key, kv.value, kv.versions}; }

}  // namespace

const std::string* EventText::render(const Bytes& events) {
  if (!text_.empty() && events.data() == last_.data() && events.size() == last_.size()) return &text_;
  text_.clear();
  last_ = events;
  const auto views = codec::read_events(events.view());
  if (!views.has_value() || views->empty()) return nullptr;
  for (const codec::EventView& view : *views) {
    append_event(text_, {view.kind == mvcc::EventKind::erase, fields(view.kv),
                         view.prev ? std::optional(fields(*view.prev)) : std::nullopt});
  }
  return &text_;
}

}  // namespace conclave::gateway
