#include "notify_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace conclave::test {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr int look_millis = 100;

}  // namespace

NotifySocket::NotifySocket(std::string name) : name_(std::move(name)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name_.size() >= sizeof address.sun_path) throw std::runtime_error("the name of a socket is too long");
  std::memcpy(address.sun_path, name_.data(), name_.size());
  if (name_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0) throw std::runtime_error("no socket " + name_);
}

NotifySocket::~NotifySocket() { close(socket_); }

bool NotifySocket::hears(const std::string& line) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    pollfd readable{socket_, POLLIN, 0};
    if (poll(&readable, 1, look_millis) <= 0) continue;
    char bytes[4096];
    const ssize_t count = recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) continue;
    const std::string message(bytes, static_cast<std::size_t>(count));
    all_ += message + "\n";
    if (("\n" + message + "\n").find("\n" + line + "\n") != std::string::npos) return true;
  }
  return false;
}

}  // namespace conclave::test
