#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conclave/base/arena.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/mvcc/machine.hpp"

/// Short ways to write commands and to apply them. Commands are views: strings passed in must live until they are applied.
namespace conclave::mvcc::test {

inline KeySelector one(ByteView key) { return {KeySelector::Kind::single, key, {}}; }
inline KeySelector span_of(ByteView begin, ByteView end) { return {KeySelector::Kind::range, begin, end}; }
inline KeySelector prefix(ByteView begin) { return {KeySelector::Kind::prefix, begin, {}}; }
inline KeySelector from(ByteView begin) { return {KeySelector::Kind::from, begin, {}}; }
inline KeySelector all() { return prefix({}); }

inline RangeOp range_of(KeySelector keys) {
  RangeOp op;
  op.keys = keys;
  return op;
}
inline PutOp put_of(ByteView key, ByteView value, LeaseId lease = {}) {
  PutOp op;
  op.key = key;
  op.value = value;
  op.lease = lease;
  return op;
}
inline DeleteOp delete_of(KeySelector keys, bool want_previous = false) { return {keys, want_previous}; }

inline Op get(ByteView key) { return {range_of(one(key))}; }
inline Op range(KeySelector keys) { return {range_of(keys)}; }
inline Op put(ByteView key, ByteView value, LeaseId lease = {}) { return {put_of(key, value, lease)}; }
inline Op erase(KeySelector keys, bool want_previous = false) { return {delete_of(keys, want_previous)}; }

inline Compare compare(KeySelector keys, CompareTarget target, CompareRelation relation, std::uint64_t number) {
  return {keys, target, relation, number, {}};
}
inline Compare value_is(ByteView key, CompareRelation relation, ByteView value) {
  return {one(key), CompareTarget::value, relation, 0, value};
}
inline Compare exists(ByteView key) { return compare(one(key), CompareTarget::existence, CompareRelation::equal, 1); }
inline Compare missing(ByteView key) { return compare(one(key), CompareTarget::existence, CompareRelation::equal, 0); }

/// Keeps what nested commands view.
class Keep {
 public:
  template <class T>
  std::span<const T> list(const std::vector<T>& items) {
    const auto kept = arena_.make_span<T>(items.size());
    std::copy(items.begin(), items.end(), kept.begin());
    return kept;
  }
  ByteView text(std::string_view bytes) {
    const auto kept = arena_.make_span<char>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), kept.begin());
    return {kept.data(), kept.size()};
  }
  Op txn(const std::vector<Compare>& compares, const std::vector<Op>& success, const std::vector<Op>& failure = {}) {
    return {TxnOp{list(compares), list(success), list(failure)}};
  }

 private:
  Arena arena_;
};

/// The rows of a state store that applied every delta, history left out: the key of the map is the row's identity.
class RowStore {
 public:
  void apply(const StateDelta& delta);
  /// A fresh machine restored from the rows; aborts the test if that fails.
  [[nodiscard]] Machine restored(const MachineConfig& config) const;

 private:
  MetaRow meta_;
  std::map<std::string, KeyValuePtr> keys_;
  std::map<LeaseId, LeaseRow> leases_;
  std::map<std::pair<LeaseId, RequestSeq>, ResponsePtr> outcomes_;
  std::map<Revision, HistoryRow> history_;
};

/// A machine with its own log. Every entry's delta goes into a row store and the invariants are checked after each.
class World {
 public:
  explicit World(MachineConfig config = {}) : config_(std::move(config)), machine_(config_) {}

  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] const MachineConfig& config() const { return config_; }
  [[nodiscard]] const RowStore& rows() const { return rows_; }
  [[nodiscard]] const ApplyResult& last() const { return last_; }
  [[nodiscard]] Keep& keep() { return keep_; }
  [[nodiscard]] Revision revision() const { return machine_.revision(); }
  void advance(milliseconds by) { now_ += by; }
  [[nodiscard]] ClusterTime now() const { return now_; }

  const ApplyResult& apply(const std::vector<Command>& commands);
  Response run(const Command& command) { return apply({command}).responses.at(0); }
  Response run(CommandBody body) { return run(Command{{}, {}, std::move(body)}); }
  Response guarded(const std::vector<Guard>& guards, CommandBody body) { return run(Command{{}, guards, std::move(body)}); }
  Response in_session(LeaseId session, std::uint64_t sequence, std::uint64_t first, CommandBody body);

  LeaseId grant(milliseconds ttl = milliseconds(10'000), LeaseId id = {});
  LeaseId open(std::uint64_t nonce = 0, milliseconds ttl = milliseconds(10'000));
  [[nodiscard]] std::optional<std::string> value(ByteView key) const;
  /// A restart from rows gives the same state.
  [[nodiscard]] bool replays() const { return rows_.restored(config_).state_hash() == machine_.state_hash(); }

 private:
  MachineConfig config_;
  Machine machine_;
  RowStore rows_;
  ApplyResult last_;
  Keep keep_;
  ClusterTime now_{};
};

[[nodiscard]] inline std::optional<Errc> errc_of(const Response& response) {
  const auto* refused = std::get_if<Refused>(&response.body);
  return refused != nullptr ? std::optional(refused->code) : std::nullopt;
}
[[nodiscard]] inline std::string context_of(const Response& response) { return std::get<Refused>(response.body).context; }
template <class T>
[[nodiscard]] const T& as(const Response& response) {
  return std::get<T>(response.body);
}
template <class T>
[[nodiscard]] T as(Response&& response) {
  return std::get<T>(std::move(response.body));
}
[[nodiscard]] std::vector<std::string> keys_of(const std::vector<KeyValuePtr>& kvs);
[[nodiscard]] inline std::vector<std::string> keys_of(const RangeResult& result) { return keys_of(result.kvs); }

}  // namespace conclave::mvcc::test
