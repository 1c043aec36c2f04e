#pragma once

#include <span>
#include <string_view>

namespace conclave::scheduler::api {

/// A file of the page, as it was when the program was built.
struct File {
  std::string_view name;
  std::string_view content_type;
  std::string_view text;
};
[[nodiscard]] std::span<const File> files();

}  // namespace conclave::scheduler::api
