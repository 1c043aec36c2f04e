#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <set>
#include <string>
#include <vector>

/// What tests do to directories from outside.
namespace conclave::storage::test {

[[nodiscard]] inline std::set<std::string> names_in(const std::filesystem::path& directory) {
  std::set<std::string> names;
  for (const auto& item : std::filesystem::directory_iterator(directory)) names.insert(item.path().filename().string());
  return names;
}

inline void remove_files(const std::vector<std::filesystem::path>& paths) {
  for (const auto& path : paths) std::filesystem::remove(path);
}

inline void flip_byte(const std::filesystem::path& path, std::uint64_t place) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(place));
  const auto byte = static_cast<char>(file.get() ^ 1);
  file.seekp(static_cast<std::streamoff>(place));
  file.put(byte);
}

}  // namespace conclave::storage::test
