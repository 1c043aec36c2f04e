#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "conclave/base/result.hpp"

/// Directories of files that belong to a generation of the state, called GENERATION-NUMBER. Files with other names are left alone.
namespace conclave::storage {

[[nodiscard]] std::filesystem::path generation_file(const std::filesystem::path& directory, std::uint64_t generation,
                                                    std::uint64_t number);
/// The directory is made if it is missing, and durable.
[[nodiscard]] Result<void> make_generation_directory(const std::filesystem::path& directory);
/// The numbers of a generation's files, ascending.
[[nodiscard]] Result<std::vector<std::uint64_t>> generation_numbers(const std::filesystem::path& directory,
                                                                    std::uint64_t generation);
/// Removes the files of a generation, if there are any.
[[nodiscard]] Result<void> drop_generation_files(const std::filesystem::path& directory, std::uint64_t generation);
/// Removes those of all other generations.
[[nodiscard]] Result<void> keep_generation_files(const std::filesystem::path& directory, std::uint64_t generation);

}  // namespace conclave::storage
