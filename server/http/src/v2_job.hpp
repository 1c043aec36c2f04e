#pragma once

#include <memory>

#include "v2_api.hpp"

namespace conclave::gateway {

/// One request for keys from its question to its answer: what it depends on is read, it is decided, and the change holds only if
/// nothing of that has changed; else it is decided again.
class V2Job : public std::enable_shared_from_this<V2Job> {
 public:
  V2Job(const CallContext& context, http::ExchangePtr exchange, v2::Request request, v2::StoreStats& stats)
      : context_(context), exchange_(std::move(exchange)), request_(std::move(request)), stats_(stats) {}

  void start();

 private:
  void on_read(const engine::ReplyHeader& header, const engine::ReplyBody& body);
  void answer_get(const engine::ReplyHeader& header, const mvcc::TxnResult& result, const v2::Snapshot& snapshot);
  void change(const v2::Snapshot& snapshot);
  void on_written(const engine::ReplyHeader& header, const engine::ReplyBody& body, const v2::Event& event);
  void refuse(const v2::Failure& failure);
  [[nodiscard]] bool reads() const { return request_.method == v2::Method::get || request_.method == v2::Method::head; }

  const CallContext& context_;
  http::ExchangePtr exchange_;
  v2::Request request_;
  v2::StoreStats& stats_;
  int tries_ = 0;
};

}  // namespace conclave::gateway
