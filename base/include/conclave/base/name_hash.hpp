#pragma once

#include <cstdint>
#include <string_view>

namespace conclave {

/// Names become numbers, the same in every process and version, for they are on disk and on every link: FNV-1a, then the finisher
/// of splitmix64 so that like names give unlike numbers. Each part is followed by a byte that no name contains, so that parts
/// cannot run into each other.
class NameHash {
 public:
  constexpr NameHash& add(std::string_view part) {
    for (const char c : part) mix(static_cast<unsigned char>(c));
    mix(0);
    return *this;
  }
  /// Never zero.
  [[nodiscard]] constexpr std::uint64_t value() const {
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    x ^= x >> 31;
    return x == 0 ? 1 : x;
  }

 private:
  constexpr void mix(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001b3ULL; }

  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace conclave
