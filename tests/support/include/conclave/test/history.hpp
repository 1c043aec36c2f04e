#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/ids.hpp"

/// What clients did and what they were told: the input of the checkers.
namespace conclave::test {

/// A point of the test's own time. Only the order counts; equal moments count as simultaneous.
using Moment = std::int64_t;

struct Condition {
  std::string key;
  /// A mod revision (zero: the key does not exist) or a value (nothing: the key does not exist).
  std::variant<Revision, std::optional<std::string>> equals;
  bool operator==(const Condition&) const = default;
};

struct Set {
  std::string value;
  bool operator==(const Set&) const = default;
};
struct Erase {
  bool operator==(const Erase&) const = default;
};
/// The value is a decimal number, a missing key counts as 0.
struct Add {
  std::int64_t by = 1;
  bool operator==(const Add&) const = default;
};
struct Change {
  std::string key;
  std::variant<Set, Erase, Add> what;
  bool operator==(const Change&) const = default;
};

/// One atomic operation on the store: if all conditions hold the changes are made, else the others; then the keys are read. No key
/// is changed twice. Checkers tell writes apart best if each writes a value of its own.
struct Action {
  std::vector<Condition> conditions;
  std::vector<Change> changes;
  std::vector<Change> otherwise;
  std::vector<std::string> reads;
  bool stale_allowed = false;  ///< a read that may be answered from an older state (serializable)

  [[nodiscard]] bool only_reads() const { return changes.empty() && otherwise.empty(); }
};

[[nodiscard]] Action put(std::string key, std::string value);
[[nodiscard]] Action get(std::string key);
[[nodiscard]] Action get_all(std::vector<std::string> keys);
[[nodiscard]] Action erase(std::string key);
/// Writes `value` if the key's value is `expected` (nothing: if there is no key).
[[nodiscard]] Action swap_value(std::string key, std::optional<std::string> expected, std::string value);
/// Writes `value` if the key's mod revision is `expected` (zero: if there is no key).
[[nodiscard]] Action swap_revision(std::string key, Revision expected, std::string value);
/// Adds to a number and reads the sum.
[[nodiscard]] Action increment(std::string key, std::int64_t by = 1);

/// A key as a client saw it.
struct SeenRow {
  std::optional<std::string> value;  ///< nothing: there was no such key
  Revision mod;                      ///< zero: there was no such key, or the answer did not tell
  bool operator==(const SeenRow&) const = default;
};

/// A successful answer.
struct Answer {
  Revision revision;          ///< of the store after the operation, for a write that changed something its own; zero: not told
  bool succeeded = true;      ///< whether the conditions held
  std::vector<SeenRow> rows;  ///< for Action::reads, in the same order
};

enum class Outcome {
  ok,       ///< it happened, once
  failed,   ///< definite: it did not and will not happen
  unknown,  ///< it may have happened, may happen at any later time, or never
};

struct Operation {
  std::uint64_t client = 0;
  Moment invoked = 0;
  std::optional<Moment> completed;  ///< nothing: open-ended, the outcome is unknown
  Action action;
  Outcome outcome = Outcome::unknown;
  Answer answer;  ///< only for Outcome::ok
};

/// The log of a test. Not thread-safe: each client keeps its own, and they are merged at the end.
class History {
 public:
  using Number = std::size_t;

  /// The operation counts as open-ended until it is answered.
  Number invoke(std::uint64_t client, Moment at, Action action);
  void succeed(Number operation, Moment at, Answer answer = {});
  void fail(Number operation, Moment at);
  /// The client stopped waiting, or was told that nobody knows.
  void lose(Number operation);
  /// Appends the operations of another log.
  void merge(const History& other);

  [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }

 private:
  std::vector<Operation> operations_;
};

/// One line for people.
[[nodiscard]] std::string describe(const Operation& operation);
[[nodiscard]] std::string describe(const SeenRow& row);

/// The number in a counter's value; a missing key counts as 0. Nothing: not a number.
[[nodiscard]] std::optional<std::int64_t> number_in(const std::optional<std::string>& value);

}  // namespace conclave::test
