#pragma once

#include <asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace asio::ssl {
class context;
}

namespace conclave::http {

/// An accepted connection, with or without TLS. One read and one write at a time; buffers stay valid until `then` is called.
class Channel {
 public:
  using Then = std::function<void(std::error_code)>;
  using ThenSize = std::function<void(std::error_code, std::size_t)>;

  virtual ~Channel() = default;
  /// Done at once without TLS.
  virtual void handshake(Then then) = 0;
  virtual void read_some(std::span<char> into, ThenSize then) = 0;
  virtual void write_some(std::string_view from, ThenSize then) = 0;
  /// Tells the other side that nothing more comes. `then` is called when that is done or has failed.
  virtual void end_sending(Then then) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual const asio::ip::tcp::socket& socket() const = 0;
  [[nodiscard]] virtual bool is_tls() const = 0;
  /// Of the certificate that was shown and verified; else empty.
  [[nodiscard]] virtual std::string common_name() = 0;
};

[[nodiscard]] std::unique_ptr<Channel> plain_channel(asio::ip::tcp::socket socket);
/// The context is kept as long as the channel.
[[nodiscard]] std::unique_ptr<Channel> tls_channel(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context);

}  // namespace conclave::http
