#include "conclave/gateway_core/kv_request.hpp"

#include <algorithm>
#include <array>

namespace conclave::gateway {
namespace {

constexpr std::size_t operations_max = 128;
constexpr std::size_t depth_max = 4;

constexpr std::array<std::string_view, 3> sort_orders{"NONE", "ASCEND", "DESCEND"};
constexpr std::array<std::string_view, 5> sort_targets{"KEY", "VERSION", "CREATE", "MOD", "VALUE"};
constexpr std::array<std::string_view, 4> compare_results{"EQUAL", "GREATER", "LESS", "NOT_EQUAL"};
constexpr std::array<std::string_view, 5> compare_targets{"VERSION", "CREATE", "MOD", "VALUE", "LEASE"};

mvcc::KeySelector keys_of(const JsonObject& json, Keep& keep) {
  const ByteView key = keep.text(json.bytes("key"));
  const ByteView end = keep.text(json.bytes("range_end"));
  if (key.empty()) json.refuse(Code::invalid_argument, "etcdserver: key is not provided");
  return selector(key, end);
}

/// Negative numbers mean no limit, the present, or no bound, as zero does.
std::uint64_t not_negative(std::int64_t value) { return value < 0 ? 0 : static_cast<std::uint64_t>(value); }

Revision bound(const JsonObject& json, std::string_view name) { return Revision(not_negative(json.int64(name))); }

bool has_bounds(const mvcc::RangeOp& op) {
  return !op.min_mod.is_zero() || !op.max_mod.is_zero() || !op.min_create.is_zero() || !op.max_create.is_zero();
}

void read_bounds(const JsonObject& json, mvcc::RangeOp& op) {
  op.min_mod = bound(json, "min_mod_revision");
  op.max_mod = bound(json, "max_mod_revision");
  op.min_create = bound(json, "min_create_revision");
  op.max_create = bound(json, "max_create_revision");
  if (json.int64("max_mod_revision") < 0 || json.int64("max_create_revision") < 0)
    json.refuse(Code::invalid_argument, "invalid value for field " + json.path_to("max revision") + ": it is negative");
  if (op.count_only) op.min_mod = op.max_mod = op.min_create = op.max_create = Revision();  // the count leaves them aside
}

mvcc::RangeOp range_of(const JsonObject& json, Keep& keep) {
  mvcc::RangeOp op;
  op.keys = keys_of(json, keep);
  op.at = Revision(not_negative(json.int64("revision")));
  op.limit = not_negative(json.int64("limit"));
  op.keys_only = json.boolean("keys_only");
  op.count_only = json.boolean("count_only");
  op.sort_target = static_cast<mvcc::SortTarget>(json.enumeration("sort_target", sort_targets));
  constexpr std::size_t descend = 2;
  op.sort_order = json.enumeration("sort_order", sort_orders) == descend ? mvcc::SortOrder::descending : mvcc::SortOrder::ascending;
  read_bounds(json, op);
  return op;
}

mvcc::PutOp put_of(const JsonObject& json, Keep& keep) {
  mvcc::PutOp op;
  op.key = keep.text(json.bytes("key"));
  op.value = keep.text(json.bytes("value"));
  op.lease = LeaseId(static_cast<std::uint64_t>(json.int64("lease")));
  op.want_previous = json.boolean("prev_kv");
  op.ignore_value = json.boolean("ignore_value");
  op.ignore_lease = json.boolean("ignore_lease");
  if (op.key.empty()) json.refuse(Code::invalid_argument, "etcdserver: key is not provided");
  if (op.ignore_value && !op.value.empty()) json.refuse(Code::invalid_argument, "etcdserver: value is provided");
  if (op.ignore_lease && !op.lease.is_zero()) json.refuse(Code::invalid_argument, "etcdserver: lease is provided");
  return op;
}

mvcc::DeleteOp delete_of(const JsonObject& json, Keep& keep) {
  mvcc::DeleteOp op;
  op.keys = keys_of(json, keep);
  op.want_previous = json.boolean("prev_kv");
  return op;
}

/// Numbers in the store are never negative, so comparing one with a negative number has one answer for all.
enum class Constant : std::uint8_t { none, holds, fails };

struct ParsedCompare {
  mvcc::Compare compare;
  Constant constant = Constant::none;
};

ParsedCompare compare_of(const JsonObject& json, Keep& keep) {
  using Relation = mvcc::CompareRelation;
  using Target = mvcc::CompareTarget;
  constexpr std::array<Relation, 4> relations{Relation::equal, Relation::greater, Relation::less, Relation::not_equal};
  constexpr std::array<Target, 5> targets{Target::version, Target::create, Target::mod, Target::value, Target::lease};
  constexpr std::array<std::string_view, 5> fields{"version", "create_revision", "mod_revision", "value", "lease"};
  ParsedCompare parsed;
  mvcc::Compare& compare = parsed.compare;
  compare.keys = keys_of(json, keep);
  compare.relation = relations[json.enumeration("result", compare_results)];
  const std::size_t target = json.enumeration("target", compare_targets);
  compare.target = targets[target];
  if (compare.target == Target::value) {
    compare.value = keep.text(json.bytes("value"));
    return parsed;
  }
  const std::int64_t number = json.int64(fields[target]);
  if (number < 0) {
    const bool holds = compare.relation == Relation::greater || compare.relation == Relation::not_equal;
    parsed.constant = holds ? Constant::holds : Constant::fails;
    return parsed;
  }
  compare.number = static_cast<std::uint64_t>(number);
  return parsed;
}

template <class T>
std::span<const T> kept(const std::vector<T>& items, Keep& keep) {
  const std::span<T> out = keep.arena.make_span<T>(items.size());
  std::ranges::copy(items, out.begin());
  return out;
}

/// Reads a transaction with those in it, and counts.
class TxnReader {
 public:
  explicit TxnReader(TxnRequest& request) : request_(request) { request_.serializable = true; }

  mvcc::TxnOp read(const JsonObject& json, OpShape& shape, std::size_t depth) {
    if (depth > depth_max)
      json.refuse(Code::invalid_argument, "conclave: transactions are nested deeper than 4 at " + json.path_to("request_txn"));
    mvcc::TxnOp op;
    if (json.refused()) return op;
    shape.kind = OpShape::Kind::txn;
    op.compares = compares(json);
    op.success = branch(json, "success", shape.success, depth);
    op.failure = branch(json, "failure", shape.failure, depth);
    return op;
  }

 private:
  std::span<const mvcc::Compare> compares(const JsonObject& json) {
    std::vector<mvcc::Compare> out;
    json.for_each_object("compare", [&](const JsonObject& item) {
      if (++compares_ > operations_max) return too_many(item);
      ParsedCompare parsed = compare_of(item, *request_.keep);
      if (parsed.constant == Constant::holds) return;
      if (parsed.constant == Constant::fails) {
        parsed.compare.relation = mvcc::CompareRelation::less;
        parsed.compare.number = 0;
      }
      out.push_back(parsed.compare);
    });
    return kept(out, *request_.keep);
  }

  std::span<const mvcc::Op> branch(const JsonObject& json, std::string_view name, std::vector<OpShape>& shapes, std::size_t depth) {
    std::vector<mvcc::Op> out;
    json.for_each_object(name, [&](const JsonObject& item) {
      if (++operations_ > operations_max) return too_many(item);
      operation(item, out, shapes, depth);
    });
    return kept(out, *request_.keep);
  }

  void operation(const JsonObject& item, std::vector<mvcc::Op>& out, std::vector<OpShape>& shapes, std::size_t depth) {
    OpShape& shape = shapes.emplace_back();
    if (item.has("request_range")) return range(item.object("request_range"), out, shape);
    if (item.has("request_txn")) {
      out.push_back({read(item.object("request_txn"), shape, depth + 1)});
      return;
    }
    request_.changes = true;
    if (item.has("request_put")) {
      shape.kind = OpShape::Kind::put;
      out.push_back({put_of(item.object("request_put"), *request_.keep)});
    } else if (item.has("request_delete_range")) {
      shape.kind = OpShape::Kind::erase;
      out.push_back({delete_of(item.object("request_delete_range"), *request_.keep)});
    } else {
      item.refuse(Code::invalid_argument, "etcdserver: key not found");  // etcd's answer to an operation without a request
    }
  }

  void range(const JsonObject& json, std::vector<mvcc::Op>& out, OpShape& shape) {
    const mvcc::RangeOp op = range_of(json, *request_.keep);
    request_.serializable = request_.serializable && json.boolean("serializable");
    out.push_back({op});
    if (!has_bounds(op)) return;
    if (++operations_ > operations_max) return too_many(json);
    shape.counted_apart = true;
    mvcc::RangeOp count;
    count.keys = op.keys;
    count.at = op.at;
    count.count_only = true;
    out.push_back({count});
  }

  static void too_many(const JsonObject& json) {
    json.refuse(Code::invalid_argument, "etcdserver: too many operations in txn request");
  }

  TxnRequest& request_;
  std::size_t operations_ = 0;
  std::size_t compares_ = 0;
};

bool names_revision(std::span<const mvcc::Op> ops) {
  return std::ranges::any_of(ops, [](const mvcc::Op& op) {
    if (const auto* range = std::get_if<mvcc::RangeOp>(&op.body)) return !range->at.is_zero();
    const auto* txn = std::get_if<mvcc::TxnOp>(&op.body);
    return txn != nullptr && (names_revision(txn->success) || names_revision(txn->failure));
  });
}

}  // namespace

mvcc::KeySelector selector(ByteView key, ByteView range_end) {
  using Kind = mvcc::KeySelector::Kind;
  if (range_end.empty()) return {Kind::single, key, {}};
  if (range_end == ByteView("\0", 1)) return {Kind::from, key, {}};
  return {Kind::range, key, range_end};
}

RangeRequest parse_range(const JsonObject& json) {
  RangeRequest request;
  request.keep = std::make_shared<Keep>();
  request.op = range_of(json, *request.keep);
  request.serializable = json.boolean("serializable");
  request.counted_apart = has_bounds(request.op);
  return request;
}

CommandRequest parse_put(const JsonObject& json) {
  auto keep = std::make_shared<Keep>();
  const mvcc::PutOp op = put_of(json, *keep);
  return {std::move(keep), mvcc::Op{op}};
}

CommandRequest parse_delete_range(const JsonObject& json) {
  auto keep = std::make_shared<Keep>();
  const mvcc::DeleteOp op = delete_of(json, *keep);
  return {std::move(keep), mvcc::Op{op}};
}

CommandRequest parse_compaction(const JsonObject& json) {
  const std::int64_t revision = json.int64("revision");
  static_cast<void>(json.boolean("physical"));  // an answer always means that the entry was applied
  if (revision < 0) json.refuse(Code::out_of_range, "etcdserver: mvcc: required revision has been compacted");
  return {nullptr, mvcc::Compact{Revision(not_negative(revision))}};
}

TxnRequest parse_txn(const JsonObject& json) {
  TxnRequest request;
  request.keep = std::make_shared<Keep>();
  request.op = TxnReader(request).read(json, request.shape, 1);
  if (request.changes && (names_revision(request.op.success) || names_revision(request.op.failure)))
    json.refuse(Code::unimplemented,
                "conclave: a range at an old revision in a transaction that changes something is not supported");
  return request;
}

}  // namespace conclave::gateway
