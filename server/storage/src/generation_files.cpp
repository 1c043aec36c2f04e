#include "generation_files.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include "file.hpp"

namespace conclave::storage {
namespace {

struct Name {
  std::uint64_t generation = 0;
  std::uint64_t number = 0;
};

std::string encode(const Name& name) { return std::to_string(name.generation) + "-" + std::to_string(name.number); }

/// Nothing: no file of ours.
std::optional<Name> name_in(const std::string& text) {
  Name name;
  const char* const end = text.data() + text.size();
  const auto [dash, bad] = std::from_chars(text.data(), end, name.generation);
  if (bad != std::errc() || dash == end || *dash != '-') return std::nullopt;
  const auto [last, worse] = std::from_chars(dash + 1, end, name.number);
  if (worse != std::errc() || last != end || encode(name) != text) return std::nullopt;
  return name;
}

Result<std::vector<Name>> names_in(const std::filesystem::path& directory) {
  std::vector<Name> names;
  std::error_code code;
  for (std::filesystem::directory_iterator it(directory, code), end; !code && it != end; it.increment(code)) {
    if (const auto name = name_in(it->path().filename().string())) names.push_back(*name);
  }
  if (code && code != std::errc::no_such_file_or_directory) {
    return fail(Errc::io_error, "listing " + directory.string() + ": " + code.message());
  }
  return names;
}

Result<void> remove_generations(const std::filesystem::path& directory, const std::function<bool(std::uint64_t)>& goes) {
  const auto names = names_in(directory);
  if (!names.has_value()) return fail(names.error());
  for (const Name& name : *names) {
    if (!goes(name.generation)) continue;
    if (auto done = remove_file(directory / encode(name)); !done.has_value()) return done;
  }
  return {};
}

}  // namespace

std::filesystem::path generation_file(const std::filesystem::path& directory, std::uint64_t generation, std::uint64_t number) {
  return directory / encode(Name{generation, number});
}

Result<void> make_generation_directory(const std::filesystem::path& directory) {
  if (auto done = make_directory(directory); !done.has_value()) return done;
  return sync_directory(directory.parent_path());
}

Result<std::vector<std::uint64_t>> generation_numbers(const std::filesystem::path& directory, std::uint64_t generation) {
  const auto names = names_in(directory);
  if (!names.has_value()) return fail(names.error());
  std::vector<std::uint64_t> numbers;
  for (const Name& name : *names) {
    if (name.generation == generation) numbers.push_back(name.number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<void> drop_generation_files(const std::filesystem::path& directory, std::uint64_t generation) {
  return remove_generations(directory, [generation](std::uint64_t other) { return other == generation; });
}

Result<void> keep_generation_files(const std::filesystem::path& directory, std::uint64_t generation) {
  return remove_generations(directory, [generation](std::uint64_t other) { return other != generation; });
}

}  // namespace conclave::storage
