#pragma once

#include <optional>

#include "conclave/client/request.hpp"
#include "conclave/recipes_core/wakener.hpp"

namespace conclave::scheduler {

using recipes::core::Wakener;

/// Whether a transaction's answer says that its compares held; nothing if it is no such answer.
[[nodiscard]] inline std::optional<bool> succeeded(const Reply& reply) {
  if (const auto* txn = std::get_if<TxnResult>(&reply.body)) return txn->succeeded;
  if (const auto* earlier = std::get_if<AppliedEarlier>(&reply.body)) return earlier->succeeded;
  return std::nullopt;
}

}  // namespace conclave::scheduler
