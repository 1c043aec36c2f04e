#pragma once

#include <string>
#include <utility>

namespace conclave::test {

/// What a checker found. `why` names the rule and what broke it; empty if it holds.
struct Verdict {
  enum class Kind {
    holds,
    violated,
    undecided,  ///< the checker gave up; neither proven nor refuted
  };
  Kind kind = Kind::holds;
  std::string why;

  [[nodiscard]] static Verdict violated(std::string why) { return {Kind::violated, std::move(why)}; }
  [[nodiscard]] static Verdict undecided(std::string why) { return {Kind::undecided, std::move(why)}; }
  [[nodiscard]] bool holds() const { return kind == Kind::holds; }
  [[nodiscard]] bool is_violated() const { return kind == Kind::violated; }
  [[nodiscard]] bool is_undecided() const { return kind == Kind::undecided; }
};

}  // namespace conclave::test
