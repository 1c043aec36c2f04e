#include "io_hooks.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace conclave::storage::test {
namespace {

std::optional<IoHooks> hooks;

std::string path_of(int fd) {
  std::error_code code;
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), code).string();
}

}  // namespace

HookedIo::HookedIo(IoHooks set) { hooks = std::move(set); }
HookedIo::~HookedIo() { hooks.reset(); }

namespace {

::ssize_t hooked_write(int fd, const void* bytes, std::size_t size, ::off_t offset) {
  const bool hooked = hooks.has_value() && (hooks->write || hooks->written);
  const auto path = hooked ? path_of(fd) : std::string();
  if (hooked && hooks->write) {
    const long allowed = hooks->write(path, size);
    if (allowed < 0) {
      errno = static_cast<int>(-allowed);
      return -1;
    }
    size = static_cast<std::size_t>(allowed);
  }
  const auto count = ::syscall(SYS_pwrite64, fd, bytes, size, offset);
  if (count >= 0 && hooked && hooks->written) hooks->written(path);
  return count;
}

int hooked_sync(int fd) {
  const bool hooked = hooks.has_value() && (hooks->sync || hooks->synced);
  const auto path = hooked ? path_of(fd) : std::string();
  if (const int code = hooked && hooks->sync ? hooks->sync(path) : 0; code != 0) {
    errno = code;
    return -1;
  }
  const auto done = static_cast<int>(::syscall(SYS_fdatasync, fd));
  if (done == 0 && hooked && hooks->synced) hooks->synced(path);
  return done;
}

int hooked_reserve(int fd, ::off_t offset, ::off_t bytes) {
  if (hooks.has_value() && hooks->reserve) {
    if (const int code = hooks->reserve(path_of(fd)); code != 0) return code;
  }
  return ::syscall(SYS_fallocate, fd, 0, offset, bytes) == 0 ? 0 : errno;
}

}  // namespace
}  // namespace conclave::storage::test

// In place of those of the C library, also for libraries.
extern "C" {
::ssize_t pwrite(int fd, const void* bytes, std::size_t size, ::off_t offset) {
  return conclave::storage::test::hooked_write(fd, bytes, size, offset);
}
int fdatasync(int fd) { return conclave::storage::test::hooked_sync(fd); }
int posix_fallocate(int fd, ::off_t offset, ::off_t bytes) { return conclave::storage::test::hooked_reserve(fd, offset, bytes); }
}
