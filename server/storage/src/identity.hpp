#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "conclave/base/ids.hpp"
#include "conclave/base/result.hpp"
#include "conclave/storage/options.hpp"
#include "file.hpp"

namespace conclave::storage {

/// The newest layout of a data directory that this code can read and the one it writes (docs/storage.md).
inline constexpr std::uint32_t directory_format = 4;

/// What a data directory says about itself: the file IDENTITY.
struct Identity {
  std::uint32_t format = directory_format;
  Owner owner;
  Incarnation incarnation;  ///< random, drawn when the directory was created; never zero
};

/// A data directory that this process alone has open.
struct DataDirectory {
  std::filesystem::path root;
  Identity identity;
  File lock;
};

/// Locks the directory, creates it and its identity if it is missing or empty, and refuses one that is not `owner`'s: wrong_member,
/// wrong_cluster or version_mismatch, in a text that names both. Another process in it: already_exists.
[[nodiscard]] Result<DataDirectory> open_directory(const std::filesystem::path& root, const Owner& owner);

/// The text of the file IDENTITY and back; a text that does not verify is corruption.
[[nodiscard]] std::string encode(const Identity& identity);
[[nodiscard]] Result<Identity> decode_identity(ByteView text, const std::filesystem::path& path);

}  // namespace conclave::storage
