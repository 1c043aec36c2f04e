#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "conclave/base/result.hpp"
#include "conclave/protocol/frame.hpp"

namespace conclave::client {

/// What TLS needs for each link; shared by all links of a client.
struct TlsSetup {
  asio::ssl::context context;
  std::string server_name;  ///< empty: the endpoint's host
};

/// One connection to one member: resolves, connects, does TLS, cuts frames, writes what is queued in as few system calls as it can.
/// All on the io_context's thread. After close() no handler is called any more.
class Channel : public std::enable_shared_from_this<Channel> {
 public:
  struct Handlers {
    std::function<void()> connected;
    std::function<void(const protocol::Frame&)> frame;
    std::function<void()> frames_end;          ///< after the last frame of what was read at once
    std::function<void(const Error&)> closed;  ///< once; not after close()
  };

  Channel(asio::io_context& io, std::shared_ptr<TlsSetup> tls, Handlers handlers);
  void connect(const std::string& endpoint);
  /// Leaves with the next flush().
  void send(const Bytes& frame);
  /// What was sent so far goes out together, now or when the write under way is done.
  void flush();
  /// What was flushed is still written if the socket takes it at once.
  void close();
  /// The socket has taken everything that could be sent.
  [[nodiscard]] bool is_idle() const { return !ready_ || (queue_.empty() && writing_.empty()); }

 private:
  void on_resolved(const asio::ip::tcp::resolver::results_type& results);
  void start_tls();
  void on_ready();
  void read();
  void on_read(std::size_t count);
  void write();
  void fail_with(Errc code, const std::string& text);
  template <class Use>
  void with_stream(Use use);

  asio::io_context& io_;
  std::shared_ptr<TlsSetup> tls_;
  Handlers handlers_;
  std::string host_;
  std::string endpoint_;
  asio::ip::tcp::resolver resolver_;
  asio::ip::tcp::socket socket_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> secure_;
  protocol::FrameParser parser_;
  std::string queue_;    ///< frames that wait for flush() or the write under way
  std::string writing_;  ///< frames being written
  bool ready_ = false;
  bool closed_ = false;
};

/// HOST:PORT or [V6]:PORT.
[[nodiscard]] Result<std::pair<std::string, std::string>> split_endpoint(const std::string& endpoint);

}  // namespace conclave::client
