#pragma once

#include <asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "calls.hpp"
#include "conclave/gateway_core/v2_stats.hpp"
#include "conclave/gateway_core/v2_tree.hpp"
#include "conclave/http/router.hpp"
#include "v2_feed.hpp"

namespace conclave::gateway {

/// The v2 keys API over the replicated store, with the members and statistics that its clients ask for.
class V2Api {
 public:
  /// `io` and `context` outlive it.
  V2Api(asio::io_context& io, const CallContext& context);

  void add_routes(http::Router& router);

 private:
  void keys(const http::ExchangePtr& exchange);
  void with_parameters(const http::ExchangePtr& exchange, v2::Method method, v2::Parameters parameters);
  void wait(const http::ExchangePtr& exchange, const v2::Request& request);
  void add_stats(http::Router& router);
  [[nodiscard]] Answer self_stats(const engine::StatusReply& status) const;
  [[nodiscard]] Answer store_stats(const engine::StatusReply& status) const;
  void schedule_expiry();
  void look_for_expired();
  void expire(const std::vector<mvcc::KeyValuePtr>& due);

  asio::io_context& io_;
  const CallContext& context_;
  asio::steady_timer timer_;
  V2Feed feed_;
  v2::StoreStats stats_;
  std::int64_t started_ms_ = 0;
  std::int64_t leader_since_ms_ = 0;
  MemberId leader_;
  std::set<std::shared_ptr<V2Wait>> waits_;
};

/// Milliseconds since 1970.
[[nodiscard]] std::int64_t wall_clock_ms();
/// What every answer about keys carries.
[[nodiscard]] http::Fields v2_fields(const CallContext& context, const engine::ReplyHeader& header, std::uint64_t index);
void reply_failure(const CallContext& context, const http::ExchangePtr& exchange, const v2::Failure& failure);
/// An answer about anything else: with the cluster's number and no index.
void reply_v2(const CallContext& context, const http::ExchangePtr& exchange, Answer answer);
/// What the engine refused, as the table of v2 has it.
[[nodiscard]] v2::Failure failure_of(const mvcc::Refused& refused, std::uint64_t index);

}  // namespace conclave::gateway
