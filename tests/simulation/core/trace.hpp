#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::sim {

/// A rule that did not hold in a simulated world.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Violation with the rule's text unless it holds. `rule` is a callable, so that the text is built only on failure.
template <class Rule>
void require(bool holds, Rule&& rule) {
  if (!holds) throw Violation(rule());
}

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 29);
}
[[nodiscard]] std::uint64_t mix(std::uint64_t hash, std::string_view bytes);

/// A running hash over everything that happens. Two runs of one seed must give the same hash after every note; the hashes are kept
/// so that the first difference can be named.
class Trace {
 public:
  void note(std::string_view what, std::initializer_list<std::uint64_t> numbers = {});
  void note(std::string_view what, std::string_view bytes);

  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::uint64_t size() const { return hashes_.size(); }
  [[nodiscard]] const std::vector<std::uint64_t>& hashes() const { return hashes_; }
  /// Notes with numbers in [first, last) are kept as text.
  void keep_text(std::uint64_t first, std::uint64_t last) {
    text_first_ = first;
    text_last_ = last;
  }
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  void close(std::string_view what, std::string&& detail);
  [[nodiscard]] bool wants_text() const { return hashes_.size() >= text_first_ && hashes_.size() < text_last_; }

  std::uint64_t hash_ = 0x243f6a8885a308d3ULL;
  std::vector<std::uint64_t> hashes_;
  std::uint64_t text_first_ = 0;
  std::uint64_t text_last_ = 0;
  std::vector<std::string> texts_;
};

}  // namespace conclave::sim
