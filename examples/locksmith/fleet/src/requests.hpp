#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conclave/recipes_core/call.hpp"
#include "conclave/recipes_core/place.hpp"

/// Requests in the shapes that a group needs.
namespace conclave::locksmith::fleet {

[[nodiscard]] inline DeleteOp erase(std::string key) { return {Keys::one(std::move(key)), false}; }
[[nodiscard]] inline PutOp put(std::string key, std::string value, LeaseId lease = {}) {
  PutOp op;
  op.key = std::move(key);
  op.value = std::move(value);
  op.lease = lease;
  return op;
}
[[nodiscard]] inline Request write_of(Txn txn, std::vector<Guard> guards = {}) { return Write{std::move(txn), std::move(guards)}; }
[[nodiscard]] inline Request read_of(Txn txn) {
  Read read;
  read.query = std::move(txn);
  return read;
}
/// Whether a transaction's compares held.
[[nodiscard]] inline bool succeeded(const Reply& reply) {
  if (const auto* txn = std::get_if<TxnResult>(&reply.body)) return txn->succeeded;
  const auto* earlier = std::get_if<AppliedEarlier>(&reply.body);
  return earlier != nullptr && earlier->succeeded;
}
/// Holds if no key under `prefix` was made, or was changed, after `revision`.
[[nodiscard]] inline Compare none_since(std::string prefix, Compare::Target target, Revision revision) {
  return {Keys::prefix(std::move(prefix)), target, Compare::Relation::less, revision.value() + 1, {}};
}
inline constexpr Errc no_answer = Errc::internal;
[[nodiscard]] inline Unexpected other_kind() { return fail(no_answer, "an answer of another kind than was asked for"); }

}  // namespace conclave::locksmith::fleet
