#include "conclave/recipes_core/names.hpp"

#include <algorithm>

namespace conclave::recipes::core {
namespace {
constexpr std::size_t name_bytes_max = 512;
}

Result<void> check_name(std::string_view name) {
  if (name.empty()) return fail(Errc::invalid_argument, "an empty name");
  if (name.size() > name_bytes_max) return fail(Errc::invalid_argument, "a name of more than 512 bytes");
  const bool control =
      std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control) return fail(Errc::invalid_argument, "a name with control characters");
  if (name.front() == '/' || name.back() == '/' || name.find("//") != std::string_view::npos)
    return fail(Errc::invalid_argument, "name '" + std::string(name) + "' has an empty part between slashes");
  return {};
}

std::string key_of(std::string_view kind, std::string_view name) {
  std::string key = "/conclave/";
  key.append(kind).append("/").append(name);
  return key;
}

std::string directory_of(std::string_view kind, std::string_view name) { return key_of(kind, name) + "//"; }

}  // namespace conclave::recipes::core
