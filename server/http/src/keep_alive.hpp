#pragma once

#include <deque>
#include <memory>
#include <string>

#include "calls.hpp"
#include "watch_stream.hpp"

namespace conclave::gateway {

/// The keep-alives of one body, one after the other: each request gives one line, and after the last the stream ends.
class KeepAliveStream final : public std::enable_shared_from_this<KeepAliveStream> {
 public:
  /// `context` outlives the stream; `out` until stop().
  KeepAliveStream(const CallContext& context, std::string identity, LineSink& out)
      : context_(context), identity_(std::move(identity)), out_(&out) {}

  void take(const JsonObject& json);
  /// No request will follow.
  void complete();
  void fail(const ApiError& why);
  /// The client is gone: nothing is sent any more.
  void stop() { out_ = nullptr; }

 private:
  void ask_next();
  void on_reply(LeaseId id, const engine::ReplyHeader& header, const engine::ReplyBody& body);
  void finish();

  const CallContext& context_;
  std::string identity_;
  LineSink* out_;
  std::deque<LeaseId> waiting_;
  bool asking_ = false;
  bool complete_ = false;
};

}  // namespace conclave::gateway
