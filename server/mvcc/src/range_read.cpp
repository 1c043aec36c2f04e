#include "range_read.hpp"

#include <algorithm>

#include "response_size.hpp"
#include "text.hpp"
#include "view_cursor.hpp"

namespace conclave::mvcc {
namespace {

bool has_filter(const RangeOp& op) {
  return !op.min_mod.is_zero() || !op.max_mod.is_zero() || !op.min_create.is_zero() || !op.max_create.is_zero();
}

bool within(Revision revision, Revision low, Revision high) { return revision >= low && (high.is_zero() || revision <= high); }

bool passes(const RangeOp& op, const KeyValue& kv) {
  return within(kv.mod_revision(), op.min_mod, op.max_mod) && within(kv.create_revision(), op.min_create, op.max_create);
}

bool by_key(const RangeOp& op) { return op.sort_target == SortTarget::key && op.sort_order == SortOrder::ascending; }

/// Takes rows into an answer until a limit of the request or of the machine is reached.
class RowTaker {
 public:
  enum class Outcome { taken, full, too_large };
  RowTaker(const RangeOp& op, ReadBudget& budget, RangeResult& result) : op_(op), budget_(budget), result_(result) {}

  [[nodiscard]] Outcome take(const KeyValuePtr& kv) {
    const std::size_t asked = kv->key().size() + (op_.keys_only ? 0 : kv->value().size());
    const std::size_t rows = result_.kvs.size();
    if (op_.limit != 0 && rows >= op_.limit) return Outcome::full;
    if (op_.limit_bytes != 0 && rows != 0 && asked > op_.limit_bytes - std::min<std::uint64_t>(taken_, op_.limit_bytes))
      return Outcome::full;
    if (!budget_.take(row_bytes(*kv, op_.keys_only))) {
      return budget_.may_cut && by_key(op_) && rows != 0 ? Outcome::full : Outcome::too_large;
    }
    taken_ += asked;
    result_.kvs.push_back(kv);
    return Outcome::taken;
  }

 private:
  const RangeOp& op_;
  ReadBudget& budget_;
  RangeResult& result_;
  std::uint64_t taken_ = 0;
};

/// Ends the answer before `next`. Without a filter the rest need not be looked at to be counted.
void cut(RangeResult& result, ByteView next) {
  result.more = true;
  result.next_key = next;
}

Result<RangeResult> read_by_key(const KeyView& view, const RangeOp& op, ReadBudget& budget) {
  RangeResult result;
  result.keys_only = op.keys_only;
  const bool count_all = has_filter(op);
  RowTaker rows(op, budget, result);
  for (ViewCursor cursor(view, op.keys); !cursor.done(); cursor.next()) {
    if (!budget.scan()) {
      if (!budget.may_cut || count_all || result.kvs.empty()) return budget.too_many_scans();
      cut(result, cursor.key());
      break;
    }
    if (!cursor.value() || !passes(op, *cursor.value())) continue;
    ++result.count;
    if (result.more) continue;
    const auto outcome = rows.take(cursor.value());
    if (outcome == RowTaker::Outcome::too_large) return budget.too_many_bytes();
    if (outcome == RowTaker::Outcome::taken) continue;
    cut(result, cursor.key());
    if (!count_all) break;
  }
  if (result.more && !count_all) result.count = count_in(view, op.keys);
  return result;
}

/// A single key is found by its hash; nothing is searched.
Result<RangeResult> read_one(const KeyView& view, const RangeOp& op, ReadBudget& budget) {
  RangeResult result;
  result.keys_only = op.keys_only;
  const KeyValuePtr kv = value_in(view, op.keys.begin);
  if (!kv) return result;
  if (!budget.scan()) return budget.too_many_scans();
  if (!passes(op, *kv)) return result;
  result.count = 1;
  if (RowTaker(op, budget, result).take(kv) == RowTaker::Outcome::too_large) return budget.too_many_bytes();
  return result;
}

Result<RangeResult> count_only(const KeyView& view, const RangeOp& op, ReadBudget& budget) {
  RangeResult result;
  result.keys_only = op.keys_only;
  if (!has_filter(op)) {
    result.count = count_in(view, op.keys);
    return result;
  }
  for (ViewCursor cursor(view, op.keys); !cursor.done(); cursor.next()) {
    if (!budget.scan()) return budget.too_many_scans();
    if (cursor.value() && passes(op, *cursor.value())) ++result.count;
  }
  return result;
}

/// Less, equal or greater in the order asked for; ties stay in the order of their keys because the sort is stable.
template <class Projection>
void sort_rows(std::vector<KeyValuePtr>& rows, SortOrder order, Projection projection) {
  std::stable_sort(rows.begin(), rows.end(), [&](const KeyValuePtr& a, const KeyValuePtr& b) {
    return order == SortOrder::ascending ? projection(*a) < projection(*b) : projection(*b) < projection(*a);
  });
}

void sort_rows(std::vector<KeyValuePtr>& rows, const RangeOp& op) {
  switch (op.sort_target) {
    case SortTarget::key: return sort_rows(rows, op.sort_order, [](const KeyValue& kv) { return kv.key(); });
    case SortTarget::version: return sort_rows(rows, op.sort_order, [](const KeyValue& kv) { return kv.version(); });
    case SortTarget::create: return sort_rows(rows, op.sort_order, [](const KeyValue& kv) { return kv.create_revision(); });
    case SortTarget::mod: return sort_rows(rows, op.sort_order, [](const KeyValue& kv) { return kv.mod_revision(); });
    case SortTarget::value: return sort_rows(rows, op.sort_order, [](const KeyValue& kv) { return kv.value(); });
  }
}

Result<RangeResult> read_sorted(const KeyView& view, const RangeOp& op, ReadBudget& budget) {
  std::vector<KeyValuePtr> matching;
  for (ViewCursor cursor(view, op.keys); !cursor.done(); cursor.next()) {
    if (!budget.scan()) return budget.too_many_scans();
    if (cursor.value() && passes(op, *cursor.value())) matching.push_back(cursor.value());
  }
  sort_rows(matching, op);
  RangeResult result;
  result.keys_only = op.keys_only;
  result.count = matching.size();
  RowTaker rows(op, budget, result);
  for (const KeyValuePtr& kv : matching) {
    const auto outcome = rows.take(kv);
    if (outcome == RowTaker::Outcome::too_large) return budget.too_many_bytes();
    if (outcome == RowTaker::Outcome::taken) continue;
    result.more = true;
    break;
  }
  return result;
}

/// The last keys of a large range without a look at the others: what the newest item of a sequence is found with.
Result<RangeResult> read_backwards(const KeyView& view, const RangeOp& op, ReadBudget& budget) {
  RangeResult result;
  result.keys_only = op.keys_only;
  result.count = view.keys.count(op.keys);
  RowTaker rows(op, budget, result);
  const KeyIndex::Position begin = view.keys.lower_bound(op.keys.begin);
  for (KeyIndex::Position place = view.keys.end_of(op.keys); place != begin;) {
    place = view.keys.previous(place);
    if (!budget.scan()) return budget.too_many_scans();
    const auto outcome = rows.take(view.keys.at(place));
    if (outcome == RowTaker::Outcome::too_large) return budget.too_many_bytes();
    if (outcome == RowTaker::Outcome::taken) continue;
    result.more = true;
    break;
  }
  return result;
}

}  // namespace

bool ReadBudget::scan() {
  if (scans == limits.keys_scanned_max) return false;
  ++scans;
  return true;
}

bool ReadBudget::take(std::size_t amount) {
  if (amount > limits.response_bytes_max - std::min(bytes, limits.response_bytes_max)) return false;
  bytes += amount;
  return true;
}

Unexpected ReadBudget::too_many_scans() const {
  return fail(Errc::too_large, "more keys to look at than the limit of " + std::to_string(limits.keys_scanned_max));
}

Unexpected ReadBudget::too_many_bytes() const {
  return fail(Errc::too_large, "an answer of more bytes than the limit of " + std::to_string(limits.response_bytes_max));
}

Result<RangeResult> read_range(const KeyView& view, const RangeOp& op, ReadBudget& budget) {
  if (op.count_only) return count_only(view, op, budget);
  if (op.keys.kind == KeySelector::Kind::single) return read_one(view, op, budget);
  if (by_key(op)) return read_by_key(view, op, budget);
  if (op.sort_target == SortTarget::key && view.history == nullptr && !has_filter(op)) return read_backwards(view, op, budget);
  return read_sorted(view, op, budget);
}

}  // namespace conclave::mvcc
