#include "disk_watch.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "file.hpp"

namespace conclave::storage {
namespace {

constexpr auto ballast_name = "BALLAST";

/// A state ends only with some room to spare, or it would come and go with every write.
bool below(std::uint64_t room, std::uint64_t mark, bool is_below) { return room < mark + (is_below ? mark / 8 : 0); }

}  // namespace

DiskWatch::DiskWatch(std::filesystem::path root, DiskMarks marks) : root_(std::move(root)), marks_(std::move(marks)) {
  std::error_code code;
  const auto size = std::filesystem::file_size(root_ / ballast_name, code);
  has_ballast_ = !code && size == marks_.hard_bytes;
}

Result<std::optional<engine::DiskSpace>> DiskWatch::look() {
  const auto free = free_bytes();
  if (!free.has_value()) return fail(free.error());
  const auto missing = has_ballast_ ? 0 : marks_.hard_bytes;
  const auto room = *free > missing ? *free - missing : 0;
  const bool low = below(room, marks_.soft_bytes, low_);
  const bool full = below(room, marks_.hard_bytes, full_);
  if (full) drop_ballast();
  if (!full && !has_ballast_) take_ballast(*free);
  if (low == low_ && full == full_) return std::optional<engine::DiskSpace>();
  low_ = low;
  full_ = full;
  return std::optional(engine::DiskSpace{low_, full_});
}

Result<std::uint64_t> DiskWatch::free_bytes() const {
  if (marks_.free_bytes) return marks_.free_bytes();
  struct ::statvfs room {};
  if (::statvfs(root_.c_str(), &room) != 0) {
    return fail(Errc::io_error, "asking for the room on " + root_.string() + ": " + std::generic_category().message(errno));
  }
  return static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
}

void DiskWatch::take_ballast(std::uint64_t free) {
  if (free < marks_.hard_bytes) return;
  const auto file = File::open(root_ / ballast_name, File::Mode::create_empty);
  // Without a ballast there is less to give up later; that is no reason to stop now. The next look tries again.
  has_ballast_ = file.has_value() && (marks_.hard_bytes == 0 || file->reserve(marks_.hard_bytes).has_value());
  if (!has_ballast_) drop_ballast();
}

void DiskWatch::drop_ballast() {
  static_cast<void>(remove_file(root_ / ballast_name));
  has_ballast_ = false;
}

std::uint64_t disk_usage(const std::filesystem::path& root) {
  std::uint64_t bytes = 0;
  std::error_code code;
  for (std::filesystem::recursive_directory_iterator it(root, code), end; !code && it != end; it.increment(code)) {
    struct ::stat status {};
    if (it->path().filename() == ballast_name || ::lstat(it->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  return bytes;
}

}  // namespace conclave::storage
