#include "removal.hpp"

#include <cstdint>
#include <system_error>

#include "file.hpp"

namespace conclave::storage {
namespace {

/// Freeing so much takes 4 to 8 ms where it keeps the disk from other work.
constexpr std::uintmax_t piece_bytes = std::uintmax_t{2} << 20;

}  // namespace

Result<bool> Removal::step() {
  if (paths_.empty()) return false;
  const auto& path = paths_.front();
  std::error_code code;
  const auto bytes = std::filesystem::file_size(path, code);
  if (!code && bytes > piece_bytes) {
    std::filesystem::resize_file(path, (bytes - 1) / piece_bytes * piece_bytes, code);
    if (code) return fail(Errc::io_error, "shortening " + path.string() + ": " + code.message());
    return true;
  }
  if (auto done = remove_file(path); !done.has_value()) return fail(done.error());  // also if its size is not to be had
  paths_.pop_front();
  return !paths_.empty();
}

}  // namespace conclave::storage
