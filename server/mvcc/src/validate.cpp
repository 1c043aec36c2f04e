#include "validate.hpp"

#include "sequence_key.hpp"
#include "text.hpp"

namespace conclave::mvcc {
namespace {

Result<void> check_size(std::string_view what, ByteView bytes, std::size_t limit) {
  if (bytes.size() > limit) return too_large(what, bytes.size(), "bytes", limit);
  return {};
}

Result<void> check_key(ByteView key, const Limits& limits) {
  if (key.empty())
    return fail(Errc::invalid_argument, "an empty key; a key has 1 to " + std::to_string(limits.key_bytes_max) + " bytes");
  return check_size("a key", key, limits.key_bytes_max);
}

Result<void> check_keys(const KeySelector& keys, const Limits& limits) {
  switch (keys.kind) {
    case KeySelector::Kind::single: return check_key(keys.begin, limits);
    case KeySelector::Kind::range:
      if (auto end = check_size("the end of a range", keys.end, limits.key_bytes_max); !end.has_value()) return end;
      return check_size("the begin of a range", keys.begin, limits.key_bytes_max);
    case KeySelector::Kind::prefix: return check_size("a prefix", keys.begin, limits.key_bytes_max);
    case KeySelector::Kind::from: return check_size("the begin of a range", keys.begin, limits.key_bytes_max);
  }
  return fail(Errc::unsupported, "a key selector of kind " + std::to_string(static_cast<unsigned>(keys.kind)));
}

Result<void> check_put(const PutOp& op, const Limits& limits) {
  if (auto key = check_key(op.key, limits); !key.has_value()) return key;
  if (op.sequence && op.key.size() + sequence_suffix_bytes > limits.key_bytes_max) {
    return too_large("a key with its sequence number", op.key.size() + sequence_suffix_bytes, "bytes", limits.key_bytes_max);
  }
  if (op.ignore_value && !op.value.empty()) return fail(Errc::invalid_argument, "a value beside ignore_value");
  if (op.ignore_lease && !op.lease.is_zero()) return fail(Errc::invalid_argument, "a lease beside ignore_lease");
  return check_size("a value", op.value, limits.value_bytes_max);
}

/// Walks a request once and counts.
class Walk {
 public:
  Walk(const Limits& limits, bool reads_only) : limits_(limits), reads_only_(reads_only) {}

  [[nodiscard]] Result<void> operation(const Op& op, std::size_t depth) {
    if (++operations_ > limits_.txn_operations_max) {
      return fail(Errc::too_large, "more operations than the limit of " + std::to_string(limits_.txn_operations_max));
    }
    if (const auto* txn = std::get_if<TxnOp>(&op.body)) return transaction(*txn, depth + 1);
    if (const auto* range = std::get_if<RangeOp>(&op.body)) return check_range(*range);
    if (reads_only_) return fail(Errc::invalid_argument, "an operation that writes in a transaction of reads");
    if (const auto* put = std::get_if<PutOp>(&op.body)) return check_put(*put, limits_);
    return check_keys(std::get<DeleteOp>(op.body).keys, limits_);
  }

  [[nodiscard]] Result<void> transaction(const TxnOp& txn, std::size_t depth) {
    // The depth is bounded before going down: a hostile request must not exhaust the stack.
    if (depth > limits_.txn_depth_max) {
      return fail(Errc::too_large, "transactions nested deeper than the limit of " + std::to_string(limits_.txn_depth_max));
    }
    compares_ += txn.compares.size();
    if (compares_ > limits_.txn_operations_max) {
      return fail(Errc::too_large,
                  std::to_string(compares_) + " compares; the limit is " + std::to_string(limits_.txn_operations_max));
    }
    for (const Compare& compare : txn.compares) {
      if (auto keys = check_keys(compare.keys, limits_); !keys.has_value()) return keys;
    }
    for (const auto branch : {txn.success, txn.failure}) {
      for (const Op& op : branch) {
        if (auto done = operation(op, depth); !done.has_value()) return done;
      }
    }
    return {};
  }

 private:
  [[nodiscard]] Result<void> check_range(const RangeOp& op) const {
    // What lies in the window of old revisions differs between members, so a replicated command must not depend on it.
    if (!reads_only_ && !op.at.is_zero()) {
      return fail(Errc::invalid_argument, "a range at revision " + to_string(op.at) + " in a request that goes through the log");
    }
    return check_keys(op.keys, limits_);
  }

  const Limits& limits_;
  bool reads_only_;
  std::size_t operations_ = 0;
  std::size_t compares_ = 0;
};

}  // namespace

Result<void> validate(const Op& op, const Limits& limits) { return Walk(limits, false).operation(op, 0); }

Result<void> validate_reads(const TxnOp& txn, const Limits& limits) { return Walk(limits, true).transaction(txn, 1); }

Result<void> validate(const RangeOp& op, const Limits& limits) { return check_keys(op.keys, limits); }

Result<void> validate(std::span<const Guard> guards, const Limits& limits) {
  if (guards.size() > limits.guards_max) {
    return fail(Errc::too_large, std::to_string(guards.size()) + " guards; the limit is " + std::to_string(limits.guards_max));
  }
  return {};
}

Result<void> validate_lease(milliseconds ttl, ByteView owner, ByteView note, const Limits& limits) {
  if (ttl < limits.lease_ttl_min || ttl > limits.lease_ttl_max) {
    return fail(Errc::invalid_argument, "a TTL of " + std::to_string(ttl.count()) + " ms; allowed are " +
                                            std::to_string(limits.lease_ttl_min.count()) + " to " +
                                            std::to_string(limits.lease_ttl_max.count()) + " ms");
  }
  if (auto size = check_size("an owner name", owner, limits.owner_bytes_max); !size.has_value()) return size;
  return check_size("a note", note, limits.note_bytes_max);
}

}  // namespace conclave::mvcc
