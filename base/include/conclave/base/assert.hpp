#pragma once

#include <string_view>

namespace conclave {

/// Prints the broken invariant to standard error and aborts. `detail` may be empty.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line, std::string_view detail);

}  // namespace conclave

/// A broken invariant is a bug of ours: it is always checked, prints what it knows and aborts. Never for input from outside.
#define CONCLAVE_ASSERT(expression)                                                        \
  do {                                                                                     \
    if (!(expression)) [[unlikely]]                                                        \
      ::conclave::assertion_failed(#expression, __FILE__, __LINE__, {});                   \
  } while (false)

/// The same with a text that is evaluated only on failure.
#define CONCLAVE_ASSERT_MSG(expression, detail)                                            \
  do {                                                                                     \
    if (!(expression)) [[unlikely]]                                                        \
      ::conclave::assertion_failed(#expression, __FILE__, __LINE__, (detail));             \
  } while (false)
