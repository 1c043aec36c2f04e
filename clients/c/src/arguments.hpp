#pragma once

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "conclave/c/base.h"
#include "conclave/c/kv.h"
#include "conclave/client/types.hpp"

namespace conclave::c {

/// Turns what a C program passed into values, and remembers the first thing that was wrong with it. A wrong argument becomes an
/// empty value, so that all can be converted before one look at error().
class Arguments {
 public:
  [[nodiscard]] std::string bytes(conclave_bytes from, const char* name);
  [[nodiscard]] static std::string text(const char* from) { return from == nullptr ? std::string() : std::string(from); }
  [[nodiscard]] Keys keys(const conclave_keys& from);
  /// One that has to be there.
  [[nodiscard]] Guard guard(const conclave_guard* from);
  [[nodiscard]] std::vector<Guard> guards(const conclave_guard* from, std::size_t size);
  /// Nothing: the client's own.
  [[nodiscard]] std::optional<std::chrono::milliseconds> timeout(std::int64_t millis);
  /// The options with all fields that the program knows; the others are zero. What a later version added may not be used.
  template <class T>
  [[nodiscard]] T options(const T* from) {
    T to{};
    if (from != nullptr) copy_options(&to, sizeof to, from);
    return to;
  }
  void require(bool condition, const char* otherwise) {
    if (!condition) refuse(Errc::invalid_argument, otherwise);
  }
  /// An enumerator between the first (zero) and `last`.
  template <class To, class From>
  [[nodiscard]] To choice(From from, From last, const char* name) {
    const auto number = static_cast<unsigned>(from);
    require(number <= static_cast<unsigned>(last), name);
    return static_cast<To>(number <= static_cast<unsigned>(last) ? number : 0U);
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void refuse(Errc code, std::string why);
  void copy_options(void* to, std::size_t size, const void* from);

  std::optional<Error> error_;
};

}  // namespace conclave::c
