#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "watch_stream.hpp"

namespace conclave::gateway {

/// Follows one election: a line with the leader's key and value, and another each time that either changes. All keys of the
/// election are read once and then watched, so each proclamation is told, in order.
class ElectionObserver final : public StreamSink {
 public:
  /// `context` and `out` outlive it.
  ElectionObserver(const CallContext& context, std::string identity, LineSink& out)
      : context_(context), identity_(std::move(identity)), out_(out), alive_(std::make_shared<bool>(true)) {}
  ~ElectionObserver() override;
  ElectionObserver(const ElectionObserver&) = delete;
  ElectionObserver& operator=(const ElectionObserver&) = delete;

  /// The one request of the body; further ones are passed over.
  void take(const JsonObject& json);
  /// Credit of lines that have left for the network.
  void written(std::size_t credit);

  void on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) override;
  void on_events(const PushedEvents& pushed) override;
  void on_bookmark(const PushedBookmark& pushed) override;
  void on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) override;
  void on_leader_news(bool) override {}

 private:
  struct Contender {
    std::string key;
    std::string value;
    mvcc::KeyValue::Versions versions;
  };

  void begin();
  void watch(Revision from);
  void put(const KeyValueFields& kv);
  void tell(Revision revision);

  const CallContext& context_;
  std::string identity_;
  LineSink& out_;
  std::shared_ptr<bool> alive_;  // asked for by answers that come late
  std::string prefix_;
  std::optional<engine::ConnectionId> stream_;
  std::map<std::pair<Revision, std::string>, Contender> queue_;  // by the revision that created the key: the first leads
  std::unordered_map<std::string, Revision> created_;
  Revision told_;  // the last change of the leader's key that was told
};

}  // namespace conclave::gateway
