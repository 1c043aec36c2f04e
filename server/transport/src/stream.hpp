#pragma once

#include <asio/ip/tcp.hpp>
#include <cstddef>
#include <span>
#include <string>

#include "conclave/base/bytes.hpp"
#include "tls.hpp"

namespace conclave::transport {

/// How far one call of a non-blocking stream came.
enum class IoState {
  done,        ///< all or part of what was asked
  wait_read,   ///< nothing more until the socket is readable
  wait_write,  ///< nothing more until the socket is writable
  ended,       ///< the other side closed or reset
  failed,      ///< TLS or the system says no
};
struct IoResult {
  IoState state = IoState::done;
  std::size_t bytes = 0;
  std::string why;  ///< for failed and ended
};

/// A connected socket, with or without TLS, used without blocking. OpenSSL works on the socket itself, so that reading and writing
/// are plain calls and nothing is copied in between.
class Stream {
 public:
  /// `ssl` may be empty. The socket becomes non-blocking.
  Stream(asio::ip::tcp::socket socket, SslPtr ssl);

  /// Until done: call again when the socket is ready. Done at once without TLS.
  [[nodiscard]] IoResult handshake();
  [[nodiscard]] IoResult read(std::span<char> into);
  /// Writes a front part of the chunks; with TLS a part of the first.
  [[nodiscard]] IoResult write(std::span<const ByteView> chunks);
  /// Bytes already decrypted, for which the socket will not become readable.
  [[nodiscard]] bool has_buffered_input() const { return ssl_ != nullptr && SSL_pending(ssl_.get()) > 0; }
  /// Tells the other side that nothing more comes, as far as that is possible without waiting, and closes.
  void close();

  [[nodiscard]] asio::ip::tcp::socket& socket() { return socket_; }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] const std::string& remote() const { return remote_; }  ///< ADDRESS:PORT, for logs

 private:
  [[nodiscard]] IoResult tls_result(int result);

  asio::ip::tcp::socket socket_;
  SslPtr ssl_;
  std::string remote_;
  bool tls_broken_ = false;
};

}  // namespace conclave::transport
