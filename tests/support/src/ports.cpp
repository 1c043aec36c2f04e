#include "conclave/test/ports.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>

namespace conclave::test {
namespace {

constexpr int lowest = 12'000;  // below are the ports of well-known servers, and those of this project
constexpr int usual_end = 32'768;

/// The ports from here on are given to outgoing connections.
int end_of_ports() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  if (!(file >> first)) return usual_end;
  return first > lowest ? std::min(first, usual_end) : usual_end;
}

/// tests/support/ports.py uses the same files. They stay; the lock goes with the process.
std::filesystem::path lock_directory() {
  auto path = std::filesystem::temp_directory_path() / "conclave-test-ports";
  if (::mkdir(path.c_str(), 0777) == 0) ::chmod(path.c_str(), 0777);  // other users run tests, too
  return path;
}

/// The lock is held by an open file until the process ends.
bool lock(const std::filesystem::path& directory, int port) {
  const int fd = ::open((directory / std::to_string(port)).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  ::close(fd);
  return false;
}

bool nobody_listens(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int on = 1;  // as servers do: what a closed connection leaves does not count
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, 1) == 0;
  ::close(fd);
  return bound;
}

}  // namespace

std::uint16_t free_port() {
  static std::mutex mutex;
  static const int end = end_of_ports();
  static const auto directory = lock_directory();
  static int next = lowest + static_cast<int>(std::random_device()() % static_cast<unsigned>(end - lowest));
  const std::scoped_lock guard(mutex);
  for (int tries = lowest; tries < end; ++tries) {
    const int port = next;
    next = next + 1 < end ? next + 1 : lowest;
    if (lock(directory, port) && nobody_listens(port)) return static_cast<std::uint16_t>(port);
  }
  throw std::runtime_error("no port is free");
}

}  // namespace conclave::test
