#include "raw_http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace conclave::test {
namespace {

constexpr int patience_seconds = 8;

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

std::string HttpReply::header(const std::string& name) const {
  const auto at = lower(head).find("\r\n" + lower(name) + ": ");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

RawHttp::RawHttp(std::uint16_t port, const char* to) {
  std::signal(SIGPIPE, SIG_IGN);
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{patience_seconds, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, to, &address.sin_addr);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
}

RawHttp::~RawHttp() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(socket_);
}

bool RawHttp::start_tls(const HttpTls& tls) {
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_load_verify_locations(context_, tls.ca_file.c_str(), nullptr);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (!tls.cert_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context_, tls.cert_file.c_str());
    SSL_CTX_use_PrivateKey_file(context_, tls.key_file.c_str(), SSL_FILETYPE_PEM);
  }
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, socket_);
  return SSL_connect(ssl_) == 1;
}

bool RawHttp::send(const std::string& bytes) {
  if (ssl_ != nullptr) return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

void RawHttp::end_sending() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  ::shutdown(socket_, SHUT_WR);
}

bool RawHttp::more() {
  errno = 0;  // the end of the connection does not set it
  std::array<char, 16384> buffer{};
  const ssize_t count = ssl_ != nullptr ? SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))
                                        : ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  input_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> RawHttp::take(std::size_t size) {
  while (input_.size() < size) {
    if (!more()) return {};
  }
  std::string taken = input_.substr(0, size);
  input_.erase(0, size);
  return taken;
}

std::optional<std::string> RawHttp::take_line() {
  auto end = input_.find("\r\n");
  while (end == std::string::npos) {
    if (!more()) return {};
    end = input_.find("\r\n");
  }
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 2);
  return line;
}

HttpReply RawHttp::receive_head() {
  HttpReply reply;
  while (true) {
    const auto line = take_line();
    if (!line) return reply;
    reply.head += *line + "\r\n";
    if (line->empty()) break;
  }
  reply.status = std::stoi(reply.head.substr(reply.head.find(' ') + 1, 3));
  return reply;
}

std::optional<std::string> RawHttp::receive_chunk() {
  const auto size = take_line();
  if (!size) return {};
  auto chunk = take(std::stoul(*size, nullptr, 16) + 2);
  if (!chunk || !chunk->ends_with("\r\n")) return {};
  chunk->resize(chunk->size() - 2);
  return chunk;
}

HttpReply RawHttp::receive(bool bare) {
  HttpReply reply = receive_head();
  if (reply.status == 0) return reply;
  reply.complete = true;
  if (bare || reply.status == 204 || reply.status / 100 == 1) return reply;
  if (reply.header("Transfer-Encoding") == "chunked") {
    while (true) {
      auto chunk = receive_chunk();
      reply.complete = chunk.has_value();
      if (!chunk || chunk->empty()) return reply;
      reply.body += *chunk;
      reply.chunks.push_back(std::move(*chunk));
    }
  }
  const std::string length = reply.header("Content-Length");
  if (length.empty()) {
    while (more()) {
    }
    reply.body = std::exchange(input_, {});
    return reply;
  }
  auto body = take(std::stoul(length));
  reply.complete = body.has_value();
  reply.body = body.value_or("");
  return reply;
}

bool RawHttp::is_closed() {
  while (more()) {
  }
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

void RawHttp::shrink_receive_buffer() {
  const int size = 4096;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

std::string http_request(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& header_lines) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: test\r\n" + header_lines;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

}  // namespace conclave::test
