#pragma once

#include <string>
#include <utility>
#include <version>

#include "conclave/base/error.hpp"

#if defined(__cpp_lib_expected) && !defined(CONCLAVE_TL_EXPECTED)
#include <expected>
#else
#include <tl/expected.hpp>
#endif

namespace conclave {

#if defined(__cpp_lib_expected) && !defined(CONCLAVE_TL_EXPECTED)
template <class T>
using Result = std::expected<T, Error>;
using Unexpected = std::unexpected<Error>;
#else
/// A value or an Error. Only has_value, *, ->, error and construction from Unexpected are used.
template <class T>
using Result = tl::expected<T, Error>;
using Unexpected = tl::unexpected<Error>;
#endif

/// `return fail(Errc::too_large, "a key of 70000 bytes; the limit is 4096");`
[[nodiscard]] inline Unexpected fail(Errc code, std::string context = {}) {
  return Unexpected(Error{code, std::move(context)});
}
[[nodiscard]] inline Unexpected fail(Error error) { return Unexpected(std::move(error)); }

}  // namespace conclave
