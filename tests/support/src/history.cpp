#include "conclave/test/history.hpp"

#include <charconv>
#include <utility>

#include "conclave/base/assert.hpp"

namespace conclave::test {

Action put(std::string key, std::string value) { return {{}, {{std::move(key), Set{std::move(value)}}}, {}, {}}; }

Action get(std::string key) { return {{}, {}, {}, {std::move(key)}}; }

Action get_all(std::vector<std::string> keys) { return {{}, {}, {}, std::move(keys)}; }

Action erase(std::string key) { return {{}, {{std::move(key), Erase{}}}, {}, {}}; }

Action swap_value(std::string key, std::optional<std::string> expected, std::string value) {
  return {{{key, std::move(expected)}}, {{key, Set{std::move(value)}}}, {}, {}};
}

Action swap_revision(std::string key, Revision expected, std::string value) {
  return {{{key, expected}}, {{key, Set{std::move(value)}}}, {}, {}};
}

Action increment(std::string key, std::int64_t by) { return {{}, {{key, Add{by}}}, {}, {key}}; }

History::Number History::invoke(std::uint64_t client, Moment at, Action action) {
  operations_.push_back(Operation{client, at, std::nullopt, std::move(action), Outcome::unknown, {}});
  return operations_.size() - 1;
}

void History::succeed(Number operation, Moment at, Answer answer) {
  Operation& op = operations_.at(operation);
  CONCLAVE_ASSERT(op.outcome == Outcome::unknown && !op.completed);
  CONCLAVE_ASSERT(answer.rows.size() == op.action.reads.size());
  CONCLAVE_ASSERT(at >= op.invoked);
  op.completed = at;
  op.outcome = Outcome::ok;
  op.answer = std::move(answer);
}

void History::fail(Number operation, Moment at) {
  Operation& op = operations_.at(operation);
  CONCLAVE_ASSERT(op.outcome == Outcome::unknown && !op.completed);
  op.completed = at;
  op.outcome = Outcome::failed;
}

void History::lose(Number operation) {
  CONCLAVE_ASSERT(operations_.at(operation).outcome == Outcome::unknown);
  CONCLAVE_ASSERT(!operations_.at(operation).completed);
}

void History::merge(const History& other) {
  operations_.insert(operations_.end(), other.operations_.begin(), other.operations_.end());
}

namespace {

std::string text_of(const std::optional<std::string>& value) { return value ? "'" + *value + "'" : "nothing"; }

std::string text_of(const Condition& condition) {
  if (const auto* mod = std::get_if<Revision>(&condition.equals)) return condition.key + "@" + to_string(*mod);
  return condition.key + "=" + text_of(std::get<1>(condition.equals));
}

std::string text_of(const Change& change) {
  struct Text {
    std::string operator()(const Set& set) const { return ":='" + set.value + "'"; }
    std::string operator()(const Erase&) const { return " erased"; }
    std::string operator()(const Add& add) const { return "+=" + std::to_string(add.by); }
  };
  return change.key + std::visit(Text{}, change.what);
}

template <class T>
std::string list_of(const char* title, const std::vector<T>& items) {
  if (items.empty()) return {};
  std::string text = title;
  for (const T& item : items) text += " " + text_of(item);
  return text;
}

std::string outcome_of(const Operation& operation) {
  switch (operation.outcome) {
    case Outcome::failed: return " -> failed";
    case Outcome::unknown: return " -> unknown";
    case Outcome::ok: break;
  }
  std::string text = operation.action.conditions.empty() ? " -> ok" : operation.answer.succeeded ? " -> held" : " -> did not hold";
  if (!operation.answer.revision.is_zero()) text += " at revision " + to_string(operation.answer.revision);
  for (std::size_t i = 0; i < operation.answer.rows.size(); ++i) {
    text += ", " + operation.action.reads[i] + " is " + describe(operation.answer.rows[i]);
  }
  return text;
}

}  // namespace

std::string describe(const SeenRow& row) { return text_of(row.value) + (row.mod.is_zero() ? "" : "@" + to_string(row.mod)); }

std::string describe(const Operation& operation) {
  std::string text = "client " + std::to_string(operation.client) + " [" + std::to_string(operation.invoked) + ", " +
                     (operation.completed ? std::to_string(*operation.completed) : "...") + "]";
  text += list_of(" if", operation.action.conditions);
  text += list_of(operation.action.conditions.empty() ? "" : " then", operation.action.changes);
  text += list_of(" else", operation.action.otherwise);
  for (std::size_t i = 0; i < operation.action.reads.size(); ++i) text += (i == 0 ? " read " : ", ") + operation.action.reads[i];
  return text + outcome_of(operation);
}

std::optional<std::int64_t> number_in(const std::optional<std::string>& value) {
  if (!value) return 0;
  std::int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto parsed = std::from_chars(value->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace conclave::test
