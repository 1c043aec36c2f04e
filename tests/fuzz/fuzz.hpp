#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What every fuzz target has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace conclave::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

/// Ends the program if the rule is broken; a fuzzer then keeps the input.
inline void demand(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

/// A record that was read, written and read again is the same record.
template <class Read>
void demand_same_again(const Read& read, std::string_view text, const char* rule) {
  const auto first = read(text);
  if constexpr (requires { first.has_value(); }) {
    if (!first.has_value()) return;
    const auto second = read(to_json(*first));
    demand(second.has_value() && *second == *first, rule);
  } else {
    demand(read(to_json(first)) == first, rule);
  }
}

}  // namespace conclave::fuzz
