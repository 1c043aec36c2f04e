#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace conclave {

/// A 64-bit number with a meaning. Two ids of different tags do not mix, and arithmetic is explicit.
template <class Tag>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(std::uint64_t value) : value_(value) {}

  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  [[nodiscard]] constexpr bool is_zero() const { return value_ == 0; }
  [[nodiscard]] constexpr StrongId next() const { return StrongId(value_ + 1); }
  /// Must not be called on zero.
  [[nodiscard]] constexpr StrongId prev() const { return StrongId(value_ - 1); }
  [[nodiscard]] constexpr StrongId plus(std::uint64_t count) const { return StrongId(value_ + count); }
  /// The distance from `other` up to this one; `other` must not be greater.
  [[nodiscard]] constexpr std::uint64_t minus(StrongId other) const { return value_ - other.value_; }

  constexpr auto operator<=>(const StrongId&) const = default;

  /// For abseil's hash containers.
  template <class H>
  friend H AbslHashValue(H state, StrongId id) {
    return H::combine(std::move(state), id.value_);
  }

 private:
  std::uint64_t value_ = 0;
};

template <class Tag>
std::string to_string(StrongId<Tag> id) {
  return std::to_string(id.value());
}

}  // namespace conclave

template <class Tag>
struct std::hash<conclave::StrongId<Tag>> {
  std::size_t operator()(conclave::StrongId<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value()); }
};
