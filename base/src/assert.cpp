#include "conclave/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace conclave {

void assertion_failed(const char* expression, const char* file, int line, std::string_view detail) {
  std::fprintf(stderr, "conclave: broken invariant: %s at %s:%d%s%.*s\n", expression, file, line,
               detail.empty() ? "" : ": ", static_cast<int>(detail.size()), detail.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace conclave
