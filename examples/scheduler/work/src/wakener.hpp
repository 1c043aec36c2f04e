#pragma once

#include <memory>

#include "conclave/recipes_core/call.hpp"

namespace conclave::scheduler {

/// One wait that several things may end: whoever calls wake(), or the time.
class Wakener {
 public:
  Wakener(recipes::core::Store& store, Instant until) : timer_(store, until, wake()) {}
  [[nodiscard]] std::function<void()> wake() const {
    return [promise = promise_] { promise->set(true); };
  }
  [[nodiscard]] recipes::core::Promise<bool>::Awaiter woken() { return promise_->wait(); }

 private:
  std::shared_ptr<recipes::core::Promise<bool>> promise_ = std::make_shared<recipes::core::Promise<bool>>();
  recipes::core::Timer timer_;
};

/// Whether a transaction's answer says that its compares held; nothing if it is no such answer.
[[nodiscard]] inline std::optional<bool> succeeded(const Reply& reply) {
  if (const auto* txn = std::get_if<TxnResult>(&reply.body)) return txn->succeeded;
  if (const auto* earlier = std::get_if<AppliedEarlier>(&reply.body)) return earlier->succeeded;
  return std::nullopt;
}

}  // namespace conclave::scheduler
