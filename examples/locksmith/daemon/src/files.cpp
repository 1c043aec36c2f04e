#include "files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

namespace conclave::locksmith::daemon {
namespace {

constexpr int lock_tries_max = 150;
constexpr std::chrono::milliseconds lock_pause{20};

Unexpected failed(const std::string& what) { return fail(Errc::io_error, what + ": " + std::strerror(errno)); }

Result<void> write_all(int file, const std::string& bytes, const std::string& path) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count = ::write(file, bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(path + " cannot be written");
    at += static_cast<std::size_t>(count);
  }
  return {};
}

Result<void> flush_directory(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int file = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return failed(directory + " cannot be opened");
  const int flushed = fsync(file);
  const int why = errno;
  close(file);
  errno = why;
  if (flushed != 0) return failed(directory + " cannot be flushed");
  return {};
}

}  // namespace

Result<void> replace_file(const std::string& path, const std::string& bytes, bool durable) {
  const std::string beside = path + ".new";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return failed(beside + " cannot be made");
  Result<void> done = write_all(file, bytes, beside);
  if (done && durable && fsync(file) != 0) done = failed(beside + " cannot be flushed");
  close(file);
  if (done && rename(beside.c_str(), path.c_str()) != 0) done = failed(path + " cannot be replaced");
  if (done && durable) done = flush_directory(path);
  return done;
}

Result<StateDirectory> StateDirectory::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(Errc::io_error, path + " cannot be made: " + error.message());
  const std::string lock = path + "/lock";
  const int file = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return failed(lock + " cannot be opened");
  // The last child of a daemon that was killed may have it until it runs again.
  int tries = 0;
  while (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (++tries < lock_tries_max) {
      std::this_thread::sleep_for(lock_pause);
      continue;
    }
    close(file);
    return fail(Errc::already_exists, path + " is used by another locksmithd");
  }
  return StateDirectory(path, file);
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
StateDirectory::~StateDirectory() {
  if (lock_ >= 0) close(lock_);
}

Result<void> StateDirectory::save(const std::string& journal) const { return replace_file(journal_path(), journal, true); }

Result<std::optional<Journal>> StateDirectory::load() const {
  const int file = ::open(journal_path().c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return std::optional<Journal>();
  if (file < 0) return failed(journal_path() + " cannot be opened");
  std::string bytes(journal_bytes_max + 1, '\0');
  std::size_t size = 0;
  ssize_t count = 0;
  while (size < bytes.size() && (count = ::read(file, bytes.data() + size, bytes.size() - size)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    size += static_cast<std::size_t>(count);
  }
  const int why = errno;
  close(file);
  errno = why;
  if (count < 0) return failed(journal_path() + " cannot be read");
  bytes.resize(size);
  auto journal = decode_journal(bytes);
  if (!journal)
    return fail(journal.error().code, journal_path() + ": " + journal.error().context +
                                          "; if it is removed the daemon goes by what the store says, and hooks are not undone");
  return std::optional<Journal>(std::move(*journal));
}

}  // namespace conclave::locksmith::daemon
