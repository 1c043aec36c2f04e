#include "system.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

namespace conclave::bench {
namespace {

constexpr std::size_t block_bytes = 4096;
constexpr std::size_t file_bytes = 1024 * block_bytes;

Descriptor open_past_the_cache(const std::string& path) {
  constexpr int flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
  int file = ::open(path.c_str(), flags | O_DIRECT, 0600);
  if (file < 0 && errno == EINVAL) file = ::open(path.c_str(), flags, 0600);  // a file system in memory
  check(file, path.c_str());
  return Descriptor(file);
}

void send_at_once(const Descriptor& socket) {
  const int on = 1;
  check(::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
}

}  // namespace

std::ptrdiff_t check(std::ptrdiff_t result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Connection connect_over_loopback() {
  const Descriptor listener(static_cast<int>(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  check(::bind(listener.number(), any, size), "bind");
  check(::listen(listener.number(), 1), "listen");
  check(::getsockname(listener.number(), any, &size), "getsockname");
  Connection made;
  made.here = Descriptor(static_cast<int>(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")));
  check(::connect(made.here.number(), any, size), "connect");
  made.there = Descriptor(static_cast<int>(check(::accept(listener.number(), nullptr, nullptr), "accept")));
  send_at_once(made.here);
  send_at_once(made.there);
  return made;
}

void send_message(const Descriptor& to, std::uint64_t number, std::size_t size) {
  std::array<char, 1024> bytes{};
  std::memcpy(bytes.data(), &number, sizeof number);
  for (std::size_t sent = 0; sent < size;)
    sent += static_cast<std::size_t>(check(::send(to.number(), bytes.data() + sent, size - sent, MSG_NOSIGNAL), "send"));
}

bool Inbox::receive(const Descriptor& from) {
  std::array<char, 65536> bytes;
  const auto count = static_cast<std::size_t>(check(::recv(from.number(), bytes.data(), bytes.size(), 0), "recv"));
  rest_.append(bytes.data(), count);
  if (const std::size_t whole = rest_.size() / size_; whole > 0) {
    std::memcpy(&newest_, rest_.data() + (whole - 1) * size_, sizeof newest_);
    rest_.erase(0, whole * size_);
  }
  return count > 0;
}

BlockFile::BlockFile(const std::string& path)
    : file_(open_past_the_cache(path)), block_(std::aligned_alloc(block_bytes, block_bytes)) {
  if (block_ == nullptr) throw std::bad_alloc();
  std::memset(block_, 'b', block_bytes);
  check(::unlink(path.c_str()), path.c_str());
  for (std::size_t at = 0; at < file_bytes; at += block_bytes)
    check(::pwrite(file_.number(), block_, block_bytes, static_cast<off_t>(at)), "pwrite");
  check(::fsync(file_.number()), "fsync");
}

BlockFile::~BlockFile() { std::free(block_); }

void BlockFile::write_and_flush() {
  check(::pwrite(file_.number(), block_, block_bytes, static_cast<off_t>(at_)), "pwrite");
  check(::fdatasync(file_.number()), "fdatasync");
  at_ = (at_ + block_bytes) % file_bytes;
}

}  // namespace conclave::bench
