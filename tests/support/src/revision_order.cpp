#include "conclave/test/revision_order.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace conclave::test {
namespace {

struct Row {
  std::string value;
  Revision mod;
};
using Store = std::map<std::string, Row>;
using Changes = std::vector<std::pair<std::string, std::optional<std::string>>>;

std::optional<std::string> value_of(const Store& store, const std::string& key) {
  const auto found = store.find(key);
  return found == store.end() ? std::nullopt : std::optional(found->second.value);
}

Revision mod_of(const Store& store, const std::string& key) {
  const auto found = store.find(key);
  return found == store.end() ? Revision() : found->second.mod;
}

bool holds(const Condition& condition, const Store& store) {
  if (const auto* mod = std::get_if<Revision>(&condition.equals)) return mod_of(store, condition.key) == *mod;
  return value_of(store, condition.key) == std::get<1>(condition.equals);
}

bool all_hold(const Action& action, const Store& store) {
  return std::all_of(action.conditions.begin(), action.conditions.end(), [&](const Condition& it) { return holds(it, store); });
}

// What the operation changes in this state, in the order of the keys.
Changes effect_of(const Action& action, const Store& store) {
  Changes effect;
  for (const auto& change : all_hold(action, store) ? action.changes : action.otherwise) {
    const auto before = value_of(store, change.key);
    if (const auto* set = std::get_if<Set>(&change.what)) effect.emplace_back(change.key, set->value);
    if (std::holds_alternative<Erase>(change.what) && before) effect.emplace_back(change.key, std::nullopt);
    if (const auto* add = std::get_if<Add>(&change.what)) {
      if (const auto number = number_in(before)) effect.emplace_back(change.key, std::to_string(*number + add->by));
    }
  }
  std::sort(effect.begin(), effect.end());
  return effect;
}

Changes sorted(Changes changes) {
  std::sort(changes.begin(), changes.end());
  return changes;
}

void apply(const AppliedRevision& applied, Store& store) {
  for (const auto& [key, value] : applied.changes) {
    if (value) {
      store[key] = Row{*value, applied.revision};
    } else {
      store.erase(key);
    }
  }
}

class Replay {
 public:
  Replay(const History& history, const std::vector<AppliedRevision>& applied, const RevisionOrderOptions& options)
      : history_(history), applied_(applied), options_(options) {}

  Verdict run();

 private:
  struct Known {
    const Operation* operation;
    Revision floor;  // the greatest revision answered before the operation was invoked
  };

  void fail(const std::string& why) {
    if (verdict_.holds()) verdict_ = Verdict::violated("revision order: " + why);
  }
  void fail(const std::string& why, const Operation& operation) { fail(why + ": " + describe(operation)); }
  void set_floors();
  void check_floor(const Known& known);
  void sort_out(const Known& known);
  void take_revision(const AppliedRevision& applied);
  bool claim(const Known& known, const AppliedRevision& applied);
  bool explain(const AppliedRevision& applied);
  void check_answer(const Operation& operation, bool own_revision);

  const History& history_;
  const std::vector<AppliedRevision>& applied_;
  const RevisionOrderOptions options_;
  std::vector<Known> operations_;
  std::map<Revision, std::vector<Known>> answered_;  // by the revision of the answer
  std::multimap<std::string, Known> unknown_;        // by each key they may change
  std::set<const Operation*> used_;                  // unknown ones that were found to have happened
  Store store_;
  Verdict verdict_;
};

// Moments tie as simultaneous: only what was completed strictly before an invocation bounds it.
void Replay::set_floors() {
  std::vector<const Operation*> by_completion;
  for (const auto& operation : history_.operations()) {
    operations_.push_back({&operation, Revision()});
    if (operation.outcome == Outcome::ok) by_completion.push_back(&operation);
  }
  std::sort(by_completion.begin(), by_completion.end(),
            [](const auto* one, const auto* other) { return *one->completed < *other->completed; });
  std::sort(operations_.begin(), operations_.end(),
            [](const Known& one, const Known& other) { return one.operation->invoked < other.operation->invoked; });
  Revision floor;
  auto next = by_completion.begin();
  for (auto& known : operations_) {
    for (; next != by_completion.end() && *(*next)->completed < known.operation->invoked; ++next) {
      floor = std::max(floor, (*next)->answer.revision);
    }
    known.floor = floor;
  }
}

void Replay::check_floor(const Known& known) {
  const auto& operation = *known.operation;
  if (operation.action.stale_allowed || operation.answer.revision >= known.floor) return;
  fail("older than revision " + to_string(known.floor) + ", which was answered before this was invoked", operation);
}

void Replay::sort_out(const Known& known) {
  const auto& action = known.operation->action;
  if (known.operation->outcome == Outcome::ok) {
    check_floor(known);
    answered_[known.operation->answer.revision].push_back(known);
  }
  if (known.operation->outcome != Outcome::unknown) return;
  std::set<std::string> keys;
  for (const auto& change : action.changes) keys.insert(change.key);
  for (const auto& change : action.otherwise) keys.insert(change.key);
  for (const auto& key : keys) unknown_.emplace(key, known);
}

Verdict Replay::run() {
  set_floors();
  for (const auto& known : operations_) sort_out(known);
  for (const auto& known : answered_[Revision()]) check_answer(*known.operation, false);
  Revision last;
  for (const auto& applied : applied_) {
    if (!verdict_.holds()) return verdict_;
    if (applied.revision != last.next()) {
      fail("revision " + to_string(last) + " is followed by " + to_string(applied.revision));
      return verdict_;
    }
    last = applied.revision;
    take_revision(applied);
  }
  const auto beyond = answered_.upper_bound(last);
  if (beyond != answered_.end()) fail("the store never came to this revision", *beyond->second.front().operation);
  return verdict_;
}

void Replay::take_revision(const AppliedRevision& applied) {
  const auto found = answered_.find(applied.revision);
  const std::vector<Known> none;
  const auto& answered = found == answered_.end() ? none : found->second;
  // Who wrote it is known by the answer: a write that has an effect on the state before has a revision of its own. An answer that
  // names this revision without having made it was given in the state after.
  const Operation* owner = nullptr;
  for (const auto& known : answered) {
    if (known.operation->action.only_reads() || owner != nullptr) continue;
    if (applied.by_the_store) continue;  // it found done what it meant to do
    if (claim(known, applied)) owner = known.operation;
  }
  const bool explained = owner != nullptr || applied.by_the_store || !options_.all_writers_known || explain(applied);
  if (!explained) {
    std::string what;
    for (const auto& [key, value] : applied.changes) what += " " + key + (value ? "=" + *value : " erased");
    fail("nobody who may have written made revision " + to_string(applied.revision) + ":" + what);
  }
  apply(applied, store_);
  for (const auto& known : answered) check_answer(*known.operation, known.operation == owner);
}

bool Replay::claim(const Known& known, const AppliedRevision& applied) {
  const auto& operation = *known.operation;
  if (operation.answer.succeeded != all_hold(operation.action, store_)) return false;
  const Changes effect = effect_of(operation.action, store_);
  if (effect.empty() || effect != sorted(applied.changes)) return false;
  return applied.revision > known.floor;  // else another did the same before, and this one found it done
}

// Any that could have made it will do: one that may be chosen now may be chosen later as well, so none is wasted.
bool Replay::explain(const AppliedRevision& applied) {
  if (applied.changes.empty()) return false;
  const auto [first, last] = unknown_.equal_range(applied.changes.front().first);
  for (auto it = first; it != last; ++it) {
    const auto& known = it->second;
    if (used_.contains(known.operation) || applied.revision <= known.floor) continue;
    if (effect_of(known.operation->action, store_) != sorted(applied.changes)) continue;
    used_.insert(known.operation);
    return true;
  }
  return false;
}

// The store is as it was right after the revision of the answer.
void Replay::check_answer(const Operation& operation, bool own_revision) {
  if (!own_revision) {
    if (operation.answer.succeeded != all_hold(operation.action, store_)) fail("the conditions were not as answered", operation);
    if (!effect_of(operation.action, store_).empty()) fail("an acknowledged write is not in the store at its revision", operation);
  }
  for (std::size_t i = 0; i < operation.action.reads.size(); ++i) {
    const auto& key = operation.action.reads[i];
    const auto& row = operation.answer.rows[i];
    const SeenRow actual{value_of(store_, key), mod_of(store_, key)};
    const bool same = actual.value == row.value && (row.mod.is_zero() || row.mod == actual.mod);
    if (!same) fail("at this revision " + key + " was " + describe(actual), operation);
  }
}

}  // namespace

Verdict check_revision_order(const History& history, const std::vector<AppliedRevision>& applied,
                             const RevisionOrderOptions& options) {
  return Replay(history, applied, options).run();
}

}  // namespace conclave::test
