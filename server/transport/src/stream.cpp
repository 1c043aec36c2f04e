#include "stream.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace conclave::transport {
namespace {

constexpr std::size_t chunks_per_call_max = 64;
constexpr std::size_t tls_bytes_per_call_max = 1 << 20;  // OpenSSL takes an int

std::string address_text(const asio::ip::tcp::socket& socket) {
  std::error_code failed;
  const auto remote = socket.remote_endpoint(failed);
  if (failed) return "unknown";
  const std::string host = remote.address().to_string();
  return (remote.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(remote.port());
}

/// What a failed read or write of the system means.
IoResult system_result(IoState when_full) {
  const int code = errno;
  if (code == EAGAIN || code == EWOULDBLOCK || code == EINTR) return {when_full, 0, {}};
  if (code == ECONNRESET || code == EPIPE) return {IoState::ended, 0, "reset by the other side"};
  return {IoState::failed, 0, std::strerror(code)};
}

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket, SslPtr ssl)
    : socket_(std::move(socket)), ssl_(std::move(ssl)), remote_(address_text(socket_)) {
  std::error_code ignored;  // a socket that is gone already shows that at the first read
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (ssl_ != nullptr) SSL_set_fd(ssl_.get(), socket_.native_handle());
}

IoResult Stream::tls_result(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return {IoState::wait_read, 0, {}};
  if (error == SSL_ERROR_WANT_WRITE) return {IoState::wait_write, 0, {}};
  if (error == SSL_ERROR_ZERO_RETURN) return {IoState::ended, 0, "closed by the other side"};
  tls_broken_ = true;  // SSL_shutdown must not be called after these
  if (error == SSL_ERROR_SYSCALL) {
    const bool reset = errno == ECONNRESET || errno == EPIPE || errno == 0;
    return {reset ? IoState::ended : IoState::failed, 0, reset ? "reset by the other side" : std::strerror(errno)};
  }
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return {IoState::ended, 0, "ended by the other side without a farewell"};
  }
  return {IoState::failed, 0, tls_error_text(ssl_.get())};
}

IoResult Stream::handshake() {
  if (ssl_ == nullptr) return {};
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return {};
  return tls_result(result);
}

IoResult Stream::read(std::span<char> into) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), into.data(), static_cast<int>(std::min(into.size(), tls_bytes_per_call_max)));
    if (result > 0) return {IoState::done, static_cast<std::size_t>(result), {}};
    return tls_result(result);
  }
  const ssize_t count = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
  if (count > 0) return {IoState::done, static_cast<std::size_t>(count), {}};
  if (count == 0) return {IoState::ended, 0, "closed by the other side"};
  return system_result(IoState::wait_read);
}

IoResult Stream::write(std::span<const ByteView> chunks) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const ByteView first = chunks.front();
    const int result = SSL_write(ssl_.get(), first.data(), static_cast<int>(std::min(first.size(), tls_bytes_per_call_max)));
    if (result > 0) return {IoState::done, static_cast<std::size_t>(result), {}};
    return tls_result(result);
  }
  std::array<iovec, chunks_per_call_max> vectors{};
  const std::size_t used = std::min(chunks.size(), vectors.size());
  for (std::size_t i = 0; i < used; ++i) vectors[i] = {const_cast<char*>(chunks[i].data()), chunks[i].size()};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = used;
  const ssize_t count = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
  if (count >= 0) return {IoState::done, static_cast<std::size_t>(count), {}};
  return system_result(IoState::wait_write);
}

void Stream::close() {
  if (!socket_.is_open()) return;
  ERR_clear_error();
  if (ssl_ != nullptr && !tls_broken_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  std::error_code ignored;
  socket_.close(ignored);
}

}  // namespace conclave::transport
