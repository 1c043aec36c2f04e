#include "model.hpp"

#include <algorithm>

namespace conclave::mvcc::test {
namespace {

bool matches(const KeySelector& keys, const std::string& key) {
  switch (keys.kind) {
    case KeySelector::Kind::single: return key == keys.begin;
    case KeySelector::Kind::range: return key >= keys.begin && key < keys.end;
    case KeySelector::Kind::prefix: return key.substr(0, keys.begin.size()) == keys.begin;
    case KeySelector::Kind::from: return key >= keys.begin;
  }
  return false;
}

template <class T>
bool related(const T& a, CompareRelation relation, const T& b) {
  if (relation == CompareRelation::equal) return a == b;
  if (relation == CompareRelation::not_equal) return a != b;
  return relation == CompareRelation::less ? a < b : b < a;
}

bool holds_for(const Compare& compare, const ModelKey& key, bool there) {
  if (compare.target == CompareTarget::value) return there && related(key.value, compare.relation, std::string(compare.value));
  const std::uint64_t number = compare.target == CompareTarget::version  ? key.version
                               : compare.target == CompareTarget::create ? key.create
                               : compare.target == CompareTarget::mod    ? key.mod
                               : compare.target == CompareTarget::lease  ? key.lease.value()
                                                                         : std::uint64_t{there};
  return related(number, compare.relation, compare.number);
}

bool passes(const RangeOp& op, const ModelKey& key) {
  return key.mod >= op.min_mod.value() && (op.max_mod.is_zero() || key.mod <= op.max_mod.value()) &&
         key.create >= op.min_create.value() && (op.max_create.is_zero() || key.create <= op.max_create.value());
}

bool sorts_before(const RangeOp& op, const std::pair<std::string, ModelKey>& a, const std::pair<std::string, ModelKey>& b) {
  switch (op.sort_target) {
    case SortTarget::key: return a.first < b.first;
    case SortTarget::version: return a.second.version < b.second.version;
    case SortTarget::create: return a.second.create < b.second.create;
    case SortTarget::mod: return a.second.mod < b.second.mod;
    case SortTarget::value: return a.second.value < b.second.value;
  }
  return false;
}

}  // namespace

bool Model::holds(const Compare& compare, const ModelKeys& of) {
  bool any = false;
  for (const auto& [name, key] : of) {
    if (!matches(compare.keys, name)) continue;
    any = true;
    if (!holds_for(compare, key, true)) return false;
  }
  return any || holds_for(compare, {}, false);
}

bool Model::guard_holds(const Guard& guard) const {
  const auto found = keys.find(std::string(guard.key));
  return found != keys.end() && found->second.create == guard.create_revision.value() && found->second.lease == guard.lease &&
         (guard.lease.is_zero() || alive(guard.lease));
}

std::vector<std::string> Model::rows(const RangeOp& op, const ModelKeys& of) const {
  std::vector<std::pair<std::string, ModelKey>> found;
  for (const auto& [name, key] : of) {
    if (matches(op.keys, name) && passes(op, key)) found.emplace_back(name, key);
  }
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    return op.sort_order == SortOrder::ascending ? sorts_before(op, a, b) : sorts_before(op, b, a);
  });
  std::vector<std::string> names;
  for (const auto& [name, key] : found) names.push_back(name);
  return names;
}

void Model::commit() { past[++revision] = keys; }

bool Model::run(const Op& op) {
  const ModelKeys before = keys;
  std::vector<std::string> changed;
  bool done = apply(op, before, changed);
  std::sort(changed.begin(), changed.end());
  done = done && std::adjacent_find(changed.begin(), changed.end()) == changed.end();
  if (!done) keys = before;
  if (done && !changed.empty()) commit();
  return done;
}

bool Model::apply(const Op& op, const ModelKeys& before, std::vector<std::string>& changed) {
  if (const auto* txn = std::get_if<TxnOp>(&op.body)) {
    const bool success =
        std::all_of(txn->compares.begin(), txn->compares.end(), [&](const Compare& c) { return holds(c, before); });
    const auto branch = success ? txn->success : txn->failure;
    return std::all_of(branch.begin(), branch.end(), [&](const Op& each) { return apply(each, before, changed); });
  }
  if (const auto* erase = std::get_if<DeleteOp>(&op.body)) {
    std::erase_if(keys, [&](const auto& entry) {
      if (!matches(erase->keys, entry.first)) return false;
      changed.push_back(entry.first);
      return true;
    });
    return true;
  }
  const auto* put = std::get_if<PutOp>(&op.body);
  if (put == nullptr) return true;
  const auto found = keys.find(std::string(put->key));
  if ((put->ignore_value || put->ignore_lease) && found == keys.end()) return false;
  ModelKey key = found == keys.end() ? ModelKey{} : found->second;
  if (!put->ignore_value) key.value = put->value;
  if (!put->ignore_lease) key.lease = put->lease;
  if (!key.lease.is_zero() && !alive(key.lease)) return false;
  key.mod = revision + 1;
  if (key.create == 0) key.create = key.mod;
  ++key.version;
  changed.emplace_back(put->key);
  keys[std::string(put->key)] = key;
  return true;
}

void Model::remove_lease(LeaseId id) {
  leases.erase(id);
  if (std::erase_if(keys, [&](const auto& entry) { return entry.second.lease == id; }) != 0) commit();
}

ModelKeys keys_in(const Machine& machine) {
  ModelKeys keys;
  machine.for_each_row([&](const Row& row) {
    const auto* key = std::get_if<KeyRow>(&row);
    if (key == nullptr) return;
    const KeyValue& kv = *key->kv;
    keys[std::string(kv.key())] = {std::string(kv.value()), kv.create_revision().value(), kv.mod_revision().value(), kv.version(),
                                   kv.lease()};
  });
  return keys;
}

}  // namespace conclave::mvcc::test
