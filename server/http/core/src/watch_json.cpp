#include "conclave/gateway_core/watch_json.hpp"

#include <array>

namespace conclave::gateway {
namespace {

constexpr std::array<std::string_view, 2> filter_names{"NOPUT", "NODELETE"};

WatchCreateAsk parse_create(const JsonObject& json) {
  WatchCreateAsk ask;
  std::string key = json.bytes("key");
  if (key.empty()) key.assign(1, '\0');  // as in etcd: no key is the first key there can be
  const std::string end = json.bytes("range_end");
  const mvcc::KeySelector keys = selector(key, end);
  ask.spec.kind = keys.kind;
  ask.spec.begin = keys.begin;
  ask.spec.end = keys.end;
  ask.empty_range = keys.kind == mvcc::KeySelector::Kind::range && key >= end;
  ask.spec.want_previous = json.boolean("prev_kv");
  json.for_each_enumeration("filters", filter_names, [&](std::size_t filter) {
    if (filter == 0) ask.spec.no_put = true;
    if (filter == 1) ask.spec.no_delete = true;
  });
  const std::int64_t from = json.int64("start_revision");
  ask.from = Revision(from < 0 ? 0 : static_cast<std::uint64_t>(from));
  const std::int64_t id = json.int64("watch_id");
  if (id < 0) json.refuse(Code::invalid_argument, "invalid value for field " + json.path_to("watch_id") + ": it is negative");
  if (id != 0) ask.id = id;
  ask.progress_notify = json.boolean("progress_notify");
  ask.fragment = json.boolean("fragment");
  return ask;
}

}  // namespace

WatchAsk parse_watch(const JsonObject& json) {
  if (json.has("create_request")) return parse_create(json.object("create_request"));
  if (json.has("cancel_request")) return WatchCancelAsk{json.object("cancel_request").int64("watch_id")};
  if (json.has("progress_request")) return WatchProgressAsk{};
  return std::monostate{};
}

std::string watch_line(const Head& head, const WatchNotice& notice) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_object("result");
  write_header(json, head);
  json.i64("watch_id", notice.id);
  json.boolean("created", notice.created);
  json.boolean("canceled", notice.canceled);
  json.u64("compact_revision", notice.compacted.value());
  if (!notice.reason.empty()) json.text("cancel_reason", notice.reason);
  json.boolean("fragment", notice.fragment);
  json.end_object();
  json.end_object();
  return out + "\n";
}

WatchEventsLine::WatchEventsLine(const Head& head, std::int64_t id, bool fragment) {
  JsonWriter json(text_);
  json.begin_object();
  json.begin_object("result");
  write_header(json, head);
  json.i64("watch_id", id);
  json.boolean("fragment", fragment);
  json.begin_array("events");
}

void WatchEventsLine::add(std::string_view events) {
  if (text_.back() != '[') text_.push_back(',');
  text_.append(events);
}

void append_event(std::string& out, const WatchEventFields& event) {
  JsonWriter json(out);
  json.begin_object();
  if (event.erased) json.text("type", "DELETE");
  json.begin_object("kv");
  write_key_value(json, event.kv);
  json.end_object();
  if (event.prev) {
    json.begin_object("prev_kv");
    write_key_value(json, *event.prev);
    json.end_object();
  }
  json.end_object();
}

std::string WatchEventsLine::finish() {
  JsonWriter json(text_);
  json.end_array();
  json.end_object();
  json.end_object();
  text_.push_back('\n');
  return std::move(text_);
}

}  // namespace conclave::gateway
