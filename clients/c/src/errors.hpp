#pragma once

#include <new>
#include <utility>

#include "conclave/base/error.hpp"
#include "conclave/c/base.h"

/// Errors on their way from C++ to C. The codes of both are the same numbers; those that only the C library has are below.
namespace conclave::c {

constexpr auto would_deadlock = static_cast<Errc>(CONCLAVE_WOULD_DEADLOCK);
constexpr auto no_memory = static_cast<Errc>(CONCLAVE_NO_MEMORY);
constexpr auto held = static_cast<Errc>(CONCLAVE_HELD);

/// Fills `to` in, if there is one, and returns the code.
conclave_code report(conclave_error* to, const Error& error) noexcept;
conclave_code report_success(conclave_error* to) noexcept;

/// Runs `body`, which returns a code, and lets no exception out: what the standard library throws is a lack of memory.
template <class Body>
conclave_code guarded(conclave_error* error, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return report(error, Error{no_memory, {}});
  } catch (...) {
    return report(error, Error{Errc::internal, {}});
  }
}

}  // namespace conclave::c
