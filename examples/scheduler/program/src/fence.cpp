#include "fence.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace conclave::scheduler {

static_assert(std::atomic<std::int64_t>::is_always_lock_free, "two processes share it");

Result<std::unique_ptr<Fence>> Fence::open(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return fail(Errc::io_error, path.string() + ": " + std::strerror(errno));
  const bool sized = ftruncate(file, sizeof(std::atomic<std::int64_t>)) == 0;
  void* const memory =
      sized ? mmap(nullptr, sizeof(std::atomic<std::int64_t>), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
  close(file);
  if (memory == MAP_FAILED) return fail(Errc::io_error, path.string() + ": " + std::strerror(errno));
  return std::unique_ptr<Fence>(new Fence(static_cast<std::atomic<std::int64_t>*>(memory)));
}

Fence::~Fence() { munmap(until_, sizeof(std::atomic<std::int64_t>)); }

Instant Fence::now() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant(seconds(time.tv_sec) + nanoseconds(time.tv_nsec));
}

}  // namespace conclave::scheduler
