#include "conclave/test/linearizability.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <unordered_set>
#include <utility>

#include "conclave/base/prng.hpp"
#include "key_model.hpp"

namespace conclave::test {
namespace {

using Operations = std::vector<const Operation*>;

std::vector<std::string> keys_of(const Action& action) {
  std::vector<std::string> keys = action.reads;
  for (const auto& condition : action.conditions) keys.push_back(condition.key);
  for (const auto& change : action.changes) keys.push_back(change.key);
  for (const auto& change : action.otherwise) keys.push_back(change.key);
  return keys;
}

bool counts(const Operation& operation) {
  if (operation.outcome == Outcome::failed || operation.action.stale_allowed) return false;
  return operation.outcome == Outcome::ok || !operation.action.only_reads();
}

// The operations, split so that two of different parts have no key in common.
std::vector<Operations> independent_parts(const History& history) {
  std::map<std::string, std::size_t> number;
  std::vector<std::size_t> parent;
  const auto root_of = [&parent](std::size_t at) {
    while (parent[at] != at) at = parent[at] = parent[parent[at]];
    return at;
  };
  const auto root_of_key = [&](const std::string& key) {
    const auto [place, fresh] = number.try_emplace(key, parent.size());
    if (fresh) parent.push_back(place->second);
    return root_of(place->second);
  };
  for (const auto& operation : history.operations()) {
    const auto keys = keys_of(operation.action);
    if (!counts(operation) || keys.empty()) continue;
    for (const auto& key : keys) parent[root_of_key(key)] = root_of_key(keys.front());
  }
  std::map<std::size_t, Operations> parts;
  for (const auto& operation : history.operations()) {
    const auto keys = keys_of(operation.action);
    if (counts(operation) && !keys.empty()) parts[root_of_key(keys.front())].push_back(&operation);
  }
  std::vector<Operations> list;
  for (auto& [root, operations] : parts) list.push_back(std::move(operations));
  return list;
}

bool adds(const Change& change) { return std::holds_alternative<Add>(change.what); }

// Writes that nobody knows the fate of and nobody saw the values of need not have happened, unless an operation whose effect
// depends on the key may have met them.
void drop_unseen(Operations& part) {
  std::set<std::pair<std::string, std::optional<std::string>>> seen;
  std::set<std::string> matters;
  for (const Operation* operation : part) {
    const auto& action = operation->action;
    for (std::size_t i = 0; i < operation->answer.rows.size(); ++i) seen.emplace(action.reads[i], operation->answer.rows[i].value);
    for (const auto& condition : action.conditions) matters.insert(condition.key);
    for (const auto* changes : {&action.changes, &action.otherwise}) {
      for (const auto& change : *changes) {
        if (adds(change)) matters.insert(change.key);
      }
    }
  }
  const auto unseen = [&](const Change& change) {
    const auto* set = std::get_if<Set>(&change.what);
    return !matters.contains(change.key) && !seen.contains({change.key, set != nullptr ? std::optional(set->value) : std::nullopt});
  };
  std::erase_if(part, [&](const Operation* operation) {
    const auto& action = operation->action;
    return operation->outcome == Outcome::unknown && std::all_of(action.changes.begin(), action.changes.end(), unseen) &&
           std::all_of(action.otherwise.begin(), action.otherwise.end(), unseen);
  });
}

// An unconditional write of one key that may have happened or not.
bool is_loose(const Operation& operation) {
  return operation.outcome == Outcome::unknown && operation.action.conditions.empty() && operation.action.changes.size() == 1;
}

// Whether the answer or the effect of the operation depends on the key.
bool observes(const Operation& operation, const std::string& key) {
  const auto& action = operation.action;
  const auto adds_to_it = [&key](const Change& change) { return change.key == key && adds(change); };
  return std::find(action.reads.begin(), action.reads.end(), key) != action.reads.end() ||
         std::any_of(action.conditions.begin(), action.conditions.end(), [&](const Condition& it) { return it.key == key; }) ||
         std::any_of(action.changes.begin(), action.changes.end(), adds_to_it) ||
         std::any_of(action.otherwise.begin(), action.otherwise.end(), adds_to_it);
}

// 128 bits for what would else be the set of operations placed and the state, spelt out.
struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Fingerprint&) const = default;
};
struct FingerprintHash {
  std::size_t operator()(const Fingerprint& print) const { return print.low; }
};

std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

void add_to(Fingerprint& print, std::uint64_t value) {
  print.high = mixed(print.high + value + 0x9e3779b97f4a7c15ULL);
  print.low = mixed(print.low ^ (value + 0xd1b54a32d192ed03ULL + print.high));
}

class Search {
 public:
  Search(Operations operations, std::size_t steps_max);
  [[nodiscard]] Verdict run();

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct Frame {
    KeyModel::State state;
    std::size_t placed;                   // the operation that led here
    std::vector<std::size_t> candidates;  // what may come next
    std::size_t next = 0;
    std::vector<KeyModel::State> states;  // of the candidate before `next`, those not tried yet
  };

  void push(KeyModel::State state, std::size_t placed);
  void pop();
  bool advance();
  void find_twins();
  [[nodiscard]] std::vector<std::size_t> candidates() const;
  [[nodiscard]] std::vector<std::size_t> timely() const;
  [[nodiscard]] bool may_show(const Operation& observer, const Change& write) const;
  [[nodiscard]] bool may_follow(std::size_t last, std::size_t next) const;
  [[nodiscard]] bool is_new(const KeyModel::State& state, std::size_t placing);
  void note_failure();

  Operations operations_;  // in the order of their invocation
  std::size_t steps_left_;
  KeyModel model_;
  std::vector<std::size_t> twin_;   // of an operation of unknown fate: the one before that wants exactly the same
  std::set<std::string> added_to_;  // keys that some operation adds to
  std::vector<bool> placed_;
  std::size_t open_ = 0;   // definite operations not placed yet
  std::size_t first_ = 0;  // all before are placed
  std::vector<Fingerprint> marks_;
  Fingerprint print_;  // of the set of operations placed
  std::unordered_set<Fingerprint, FingerprintHash> entered_;
  std::vector<Frame> frames_;
  std::size_t deepest_ = 0;
  std::string failure_;
};

Search::Search(Operations operations, std::size_t steps_max) : operations_(std::move(operations)), steps_left_(steps_max) {
  drop_unseen(operations_);
  std::stable_sort(operations_.begin(), operations_.end(),
                   [](const Operation* one, const Operation* other) { return one->invoked < other->invoked; });
  placed_.resize(operations_.size());
  Prng prng(operations_.size());
  for (const Operation* operation : operations_) {
    model_.learn(operation->action);
    marks_.push_back({prng.next(), prng.next()});
    if (operation->outcome == Outcome::ok) ++open_;
    for (const auto* changes : {&operation->action.changes, &operation->action.otherwise}) {
      for (const auto& change : *changes) {
        if (adds(change)) added_to_.insert(change.key);
      }
    }
  }
  find_twins();
}

// Of operations of unknown fate that want the same it does not matter which happened: the first invoked did.
void Search::find_twins() {
  twin_.assign(operations_.size(), none);
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    if (operations_[i]->outcome != Outcome::unknown) continue;
    for (std::size_t before = i; before-- > 0 && twin_[i] == none;) {
      const auto& one = operations_[before]->action;
      const auto& other = operations_[i]->action;
      const bool same = one.conditions == other.conditions && one.changes == other.changes && one.otherwise == other.otherwise;
      if (same && operations_[before]->outcome == Outcome::unknown) twin_[i] = before;
    }
  }
}

Verdict Search::run() {
  push(model_.initial(), none);
  while (open_ > 0) {
    if (steps_left_ == 0) return Verdict::undecided("linearizable: no decision within the limit of steps");
    if (advance()) continue;
    if (steps_left_ == 0) continue;
    note_failure();
    pop();
    if (frames_.empty()) return Verdict::violated("linearizable: " + failure_);
  }
  return {};
}

// Places the next candidate that can be placed; false if there is none left.
bool Search::advance() {
  Frame& frame = frames_.back();
  while (true) {
    if (!frame.states.empty()) {
      const std::size_t placing = frame.candidates[frame.next - 1];
      KeyModel::State state = std::move(frame.states.back());
      frame.states.pop_back();
      if (!is_new(state, placing)) continue;
      push(std::move(state), placing);
      return true;
    }
    if (frame.next == frame.candidates.size() || steps_left_ == 0) return false;
    --steps_left_;
    const Operation& operation = *operations_[frame.candidates[frame.next++]];
    frame.states = model_.after(operation, frame.state);
    // A write of unknown fate that changes nothing may as well never have happened.
    if (operation.outcome == Outcome::unknown) std::erase(frame.states, frame.state);
  }
}

void Search::push(KeyModel::State state, std::size_t placed) {
  if (placed != none) {
    placed_[placed] = true;
    print_.high ^= marks_[placed].high;
    print_.low ^= marks_[placed].low;
    if (operations_[placed]->outcome == Outcome::ok) --open_;
    while (first_ < placed_.size() && placed_[first_]) ++first_;
  }
  frames_.push_back(Frame{std::move(state), placed, {}, 0, {}});
  frames_.back().candidates = candidates();
}

void Search::pop() {
  const std::size_t placed = frames_.back().placed;
  frames_.pop_back();
  if (placed == none) return;
  placed_[placed] = false;
  print_.high ^= marks_[placed].high;
  print_.low ^= marks_[placed].low;
  if (operations_[placed]->outcome == Outcome::ok) ++open_;
  first_ = std::min(first_, placed);
}

// What was invoked before the first completion among the rest may come next: the definite ones first, as each of the others
// multiplies the search.
std::vector<std::size_t> Search::timely() const {
  Moment first_completed = std::numeric_limits<Moment>::max();
  std::vector<std::size_t> definite;
  std::vector<std::size_t> unknown;
  for (std::size_t i = first_; i < operations_.size() && operations_[i]->invoked <= first_completed; ++i) {
    if (placed_[i]) continue;
    const bool known = operations_[i]->outcome == Outcome::ok;
    if (known) first_completed = std::min(first_completed, *operations_[i]->completed);
    if (known) definite.push_back(i);
    if (!known && (twin_[i] == none || placed_[twin_[i]])) unknown.push_back(i);
  }
  definite.insert(definite.end(), unknown.begin(), unknown.end());
  std::erase_if(definite, [&](std::size_t i) { return operations_[i]->invoked > first_completed; });
  return definite;
}

// A loose write that is not observed before the next write of its key may as well never have happened; and if it is observed, it
// may as well have happened just before. So after a run of them comes only what observes all their keys, and none begins or grows
// unless such an operation is there.
std::vector<std::size_t> Search::candidates() const {
  std::vector<std::size_t> next = timely();
  std::set<std::string> run;
  for (auto frame = frames_.rbegin(); frame->placed != none && is_loose(*operations_[frame->placed]); ++frame) {
    run.insert(operations_[frame->placed]->action.changes.front().key);
  }
  const auto sees_run = [&](std::size_t i) {
    return std::all_of(run.begin(), run.end(), [&](const std::string& key) { return observes(*operations_[i], key); });
  };
  std::vector<std::size_t> observers;
  for (const std::size_t i : next) {
    if (!is_loose(*operations_[i]) && sees_run(i)) observers.push_back(i);
  }
  const std::size_t last = frames_.back().placed;
  std::erase_if(next, [&](std::size_t i) {
    const Operation& operation = *operations_[i];
    if (!is_loose(operation)) return !sees_run(i);
    if (!run.empty() && !may_follow(last, i)) return true;
    const Change& change = operation.action.changes.front();
    return std::none_of(observers.begin(), observers.end(), [&](std::size_t it) { return may_show(*operations_[it], change); });
  });
  return next;
}

// Whether the operation, next, might be answered as it was because of this write.
bool Search::may_show(const Operation& observer, const Change& write) const {
  if (!observes(observer, write.key)) return false;
  const auto& action = observer.action;
  // More may be added to it before it is seen, or it is seen otherwise than by a read: it may.
  if (added_to_.contains(write.key) || !action.conditions.empty() || observer.outcome != Outcome::ok) return true;
  const auto* set = std::get_if<Set>(&write.what);
  const auto value = set != nullptr ? std::optional(set->value) : std::nullopt;
  for (std::size_t i = 0; i < action.reads.size(); ++i) {
    const bool overwritten =
        std::any_of(action.changes.begin(), action.changes.end(), [&](const Change& it) { return it.key == write.key; });
    if (action.reads[i] == write.key && !overwritten) return observer.answer.rows[i].value == value;
  }
  return true;
}

// Within a run of loose writes one order of those that commute is enough.
bool Search::may_follow(std::size_t last, std::size_t next) const {
  const Change& before = operations_[last]->action.changes.front();
  const Change& after = operations_[next]->action.changes.front();
  if (before.key != after.key) return next > last;
  return adds(after) && (next > last || !adds(before));
}

// What may follow depends on the operations placed, the state and, within a run of loose writes, on the run.
bool Search::is_new(const KeyModel::State& state, std::size_t placing) {
  Fingerprint print{print_.high ^ marks_[placing].high, print_.low ^ marks_[placing].low};
  add_to(print, state.last_write);
  for (const auto& slot : state.slots) {
    add_to(print, slot.value);
    add_to(print, slot.mod);
  }
  if (is_loose(*operations_[placing])) {
    add_to(print, placing);
    for (auto frame = frames_.rbegin(); frame->placed != none && is_loose(*operations_[frame->placed]); ++frame) {
      add_to(print, frame->placed);
    }
  }
  return entered_.insert(print).second;
}

// For people: the furthest the search came, and who could not come next.
void Search::note_failure() {
  const std::size_t last = frames_.back().placed;
  const bool misleading = last != none && is_loose(*operations_[last]);
  if (!failure_.empty() && (misleading || frames_.size() <= deepest_)) return;
  deepest_ = frames_.size();
  failure_ = "after " + std::to_string(frames_.size() - 1) + " operations, with " + model_.describe(frames_.back().state) +
             ", none of these may come next:";
  std::size_t shown = 0;
  for (const std::size_t candidate : frames_.back().candidates) {
    if (++shown > 8) break;
    failure_ += "\n  " + describe(*operations_[candidate]);
  }
}

}  // namespace

Verdict check_linearizable(const History& history, const LinearizabilityOptions& options) {
  Verdict undecided;
  for (auto& part : independent_parts(history)) {
    Verdict verdict = Search(std::move(part), options.steps_max).run();
    if (verdict.is_violated()) return verdict;
    if (verdict.is_undecided()) undecided = std::move(verdict);
  }
  return undecided;
}

}  // namespace conclave::test
