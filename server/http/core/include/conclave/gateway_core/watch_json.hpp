#pragma once

#include <optional>
#include <string>
#include <variant>

#include "conclave/gateway_core/kv_answer.hpp"
#include "conclave/mvcc/watch_index.hpp"

namespace conclave::gateway {

struct WatchCreateAsk {
  mvcc::WatchSpec spec;
  Revision from;                   ///< zero: what comes after now
  std::optional<std::int64_t> id;  ///< chosen by the client; nothing: the server chooses
  bool progress_notify = false;
  bool fragment = false;
  bool empty_range = false;  ///< the range has no keys in it: the watch is refused
};
struct WatchCancelAsk {
  std::int64_t id = 0;
};
struct WatchProgressAsk {};
/// Monostate: a request with none of the three, which etcd passes over.
using WatchAsk = std::variant<std::monostate, WatchCreateAsk, WatchCancelAsk, WatchProgressAsk>;

[[nodiscard]] WatchAsk parse_watch(const JsonObject& json);

/// What every message of a watch stream may say; fields that are zero are left out.
struct WatchNotice {
  std::int64_t id = 0;
  bool created = false;
  bool canceled = false;
  Revision compacted{};
  std::string reason{};
  bool fragment = false;
};
[[nodiscard]] std::string watch_line(const Head& head, const WatchNotice& notice);

struct WatchEventFields {
  bool erased = false;
  KeyValueFields kv;
  std::optional<KeyValueFields> prev;
};
/// Appends an event, with a comma if `out` has one already: what messages to many watches have in common.
void append_event(std::string& out, const WatchEventFields& event);
/// A message with events, made of texts of append_event.
class WatchEventsLine {
 public:
  WatchEventsLine(const Head& head, std::int64_t id, bool fragment);
  void add(std::string_view events);
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] std::string finish();

 private:
  std::string text_;
};

}  // namespace conclave::gateway
