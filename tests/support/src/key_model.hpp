#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conclave/test/history.hpp"

namespace conclave::test {

/// The few keys of one search as a state machine. Values are numbered, so that a state is small and quick to compare.
class KeyModel {
 public:
  struct Slot {
    std::uint32_t value = 0;  ///< 0: no such key
    std::uint64_t mod = 0;    ///< 0: no such key, or written by an operation whose revision nobody was told
    bool operator==(const Slot&) const = default;
  };
  struct State {
    std::vector<Slot> slots;
    std::uint64_t last_write = 0;  ///< the greatest revision told for a write so far
    bool operator==(const State&) const = default;
  };

  [[nodiscard]] State initial() const { return {std::vector<Slot>(slots_.size()), 0}; }
  /// Makes room for the keys of the operation; before initial().
  void learn(const Action& action);
  /// The states in which the store may be after the operation, if `state` is before it and the operation was answered as it was:
  /// none if the answer cannot be, two if it is not known whether the conditions held.
  [[nodiscard]] std::vector<State> after(const Operation& operation, const State& state);
  [[nodiscard]] std::string describe(const State& state) const;

 private:
  enum class Truth { no, maybe, yes };

  [[nodiscard]] std::size_t slot_of(const std::string& key) const { return slots_.at(key); }
  [[nodiscard]] std::uint32_t number_of(const std::optional<std::string>& value);
  [[nodiscard]] std::optional<std::string> value_of(std::uint32_t number) const;
  [[nodiscard]] Truth holds(const Condition& condition, const State& state);
  void bind(const std::vector<Condition>& conditions, State& state) const;
  [[nodiscard]] bool change(const std::vector<Change>& changes, const Operation& operation, State& state);
  [[nodiscard]] bool read(const Operation& operation, State& state);
  void finish(const Operation& operation, bool held, State state, std::vector<State>& states);

  std::map<std::string, std::size_t> slots_;
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> values_;
};

}  // namespace conclave::test
