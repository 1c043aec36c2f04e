#include "file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace conclave::storage {
namespace {

Unexpected failed(std::string_view what, const std::filesystem::path& path, int code) {
  std::string text(what);
  text.append(" ").append(path.string()).append(": ").append(std::generic_category().message(code));
  return fail(Errc::io_error, std::move(text));
}

int flags_of(File::Mode mode) {
  switch (mode) {
    case File::Mode::read: return O_RDONLY | O_CLOEXEC;
    case File::Mode::read_direct: return O_RDONLY | O_DIRECT | O_CLOEXEC;
    case File::Mode::write: return O_RDWR | O_CREAT | O_CLOEXEC;
    case File::Mode::create_empty: return O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
    case File::Mode::write_direct: return O_RDWR | O_DIRECT | O_CLOEXEC;
  }
  return O_RDONLY | O_CLOEXEC;
}

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

Result<File> File::open(const std::filesystem::path& path, Mode mode) {
  int fd = ::open(path.c_str(), flags_of(mode), 0600);
  if (fd < 0 && errno == EINVAL) fd = ::open(path.c_str(), flags_of(mode) & ~O_DIRECT, 0600);
  if (fd < 0) return failed("opening", path, errno);
  File file;
  file.fd_ = fd;
  file.path_ = path;
  return file;
}

Result<void> File::write_at(std::uint64_t offset, ByteView bytes) const {
  while (!bytes.empty()) {
    const ::ssize_t count = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<::off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed("writing", path_, count == 0 ? EIO : errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<std::string> File::read_at(std::uint64_t offset, std::size_t count) const {
  std::string bytes(count, '\0');
  const auto have = read_into(bytes.data(), offset, count);
  if (!have.has_value()) return fail(have.error());
  bytes.resize(*have);
  return bytes;
}

Result<std::size_t> File::read_into(char* to, std::uint64_t offset, std::size_t count) const {
  std::size_t have = 0;
  while (have < count) {
    const ::ssize_t got = ::pread(fd_, to + have, count - have, static_cast<::off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("reading", path_, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

Result<std::uint64_t> File::size() const {
  struct ::stat status {};
  if (::fstat(fd_, &status) != 0) return failed("looking at", path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> File::sync_data() const {
  if (::fdatasync(fd_) != 0) return failed("flushing", path_, errno);
  return {};
}

Result<bool> File::try_lock() const {
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return failed("locking", path_, errno);
}

Result<void> File::reserve(std::uint64_t bytes) const {
  const int code = ::posix_fallocate(fd_, 0, static_cast<::off_t>(bytes));
  if (code != 0) return failed("reserving room for", path_, code);
  return {};
}

Result<std::uint64_t> File::written_until(std::uint64_t offset) const {
  const ::off_t end = ::lseek(fd_, static_cast<::off_t>(offset), SEEK_HOLE);
  if (end >= 0) return static_cast<std::uint64_t>(end);
  if (errno == ENXIO || errno == EINVAL) return size();  // behind the end; unknown to the file system
  return failed("looking for unused blocks of", path_, errno);
}

Result<void> File::write_zeros(std::uint64_t offset, std::uint64_t bytes) const {
  alignas(4096) static constexpr std::array<char, std::size_t{64} << 10> zeros{};
  while (bytes > 0) {
    std::array<::iovec, 16> pieces{};
    int count = 0;
    for (std::uint64_t left = bytes; left > 0 && count < static_cast<int>(pieces.size()); ++count) {
      const auto size = std::min<std::uint64_t>(left, zeros.size());
      pieces[static_cast<std::size_t>(count)] = {const_cast<char*>(zeros.data()), size};  // pwritev reads it
      left -= size;
    }
    const ::ssize_t done = ::pwritev(fd_, pieces.data(), count, static_cast<::off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return failed("writing", path_, done == 0 ? EIO : errno);
    offset += static_cast<std::uint64_t>(done);
    bytes -= static_cast<std::uint64_t>(done);
  }
  return {};
}

Result<void> write_file_atomically(const std::filesystem::path& path, ByteView bytes) {
  auto beside = path;
  beside += ".new";
  {
    auto file = File::open(beside, File::Mode::create_empty);
    if (!file.has_value()) return fail(file.error());
    if (auto done = file->write_at(0, bytes); !done.has_value()) return done;
    if (auto done = file->sync_data(); !done.has_value()) return done;
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return failed("renaming", beside, errno);
  return sync_directory(path.parent_path());
}

Result<std::string> read_file(const std::filesystem::path& path) {
  auto file = File::open(path, File::Mode::read);
  if (!file.has_value()) return fail(file.error());
  auto size = file->size();
  if (!size.has_value()) return fail(size.error());
  return file->read_at(0, static_cast<std::size_t>(*size));
}

Result<void> sync_directory(const std::filesystem::path& path) {
  auto directory = File::open(path.empty() ? std::filesystem::path(".") : path, File::Mode::read);
  if (!directory.has_value()) return fail(directory.error());
  return directory->sync_data();
}

Result<void> make_directory(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) return fail(Errc::io_error, "making the directory " + path.string() + ": " + code.message());
  return {};
}

Result<void> remove_file(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::remove(path, code);
  if (code) return fail(Errc::io_error, "removing " + path.string() + ": " + code.message());
  return {};
}

}  // namespace conclave::storage
