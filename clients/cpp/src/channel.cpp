#include "channel.hpp"

#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/write.hpp>

#include "conclave/protocol/limits.hpp"

namespace conclave::client {
namespace {
/// A larger buffer is given back once it is written.
constexpr std::size_t buffer_bytes_kept = 256 * 1024;
}  // namespace

Result<std::pair<std::string, std::string>> split_endpoint(const std::string& endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == endpoint.size())
    return fail(Errc::invalid_argument, "endpoint '" + endpoint + "' is not HOST:PORT");
  std::string host = endpoint.substr(0, colon);
  std::string port = endpoint.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const bool digits = port.find_first_not_of("0123456789") == std::string::npos && port.size() <= 5;
  if (host.empty() || !digits || std::stoul(port) == 0 || std::stoul(port) > 65'535)
    return fail(Errc::invalid_argument, "endpoint '" + endpoint + "' is not HOST:PORT with a port from 1 to 65535");
  return std::pair(std::move(host), std::move(port));
}

Channel::Channel(asio::io_context& io, std::shared_ptr<TlsSetup> tls, Handlers handlers)
    : io_(io),
      tls_(std::move(tls)),
      handlers_(std::move(handlers)),
      resolver_(io),
      socket_(io),
      parser_(protocol::reply_bytes_max) {}

template <class Use>
void Channel::with_stream(Use use) {
  if (secure_)
    use(*secure_);
  else
    use(socket_);
}

void Channel::connect(const std::string& endpoint) {
  endpoint_ = endpoint;
  const auto parts = split_endpoint(endpoint);
  if (!parts) return fail_with(parts.error().code, parts.error().context);
  host_ = parts->first;
  resolver_.async_resolve(parts->first, parts->second, [self = shared_from_this()](const asio::error_code& error, auto results) {
    if (self->closed_) return;
    if (error) return self->fail_with(Errc::not_sent, "cannot resolve " + self->endpoint_ + ": " + error.message());
    self->on_resolved(results);
  });
}

void Channel::on_resolved(const asio::ip::tcp::resolver::results_type& results) {
  asio::async_connect(socket_, results, [self = shared_from_this()](const asio::error_code& error, const auto&) {
    if (self->closed_) return;
    if (error) return self->fail_with(Errc::not_sent, "cannot connect to " + self->endpoint_ + ": " + error.message());
    asio::error_code ignored;
    self->socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (self->tls_)
      self->start_tls();
    else
      self->on_ready();
  });
}

void Channel::start_tls() {
  secure_.emplace(socket_, tls_->context);
  const std::string& name = tls_->server_name.empty() ? host_ : tls_->server_name;
  // SSL_set_tlsext_host_name, without the C cast of the macro.
  SSL_ctrl(secure_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
  secure_->set_verify_mode(asio::ssl::verify_peer);
  secure_->set_verify_callback(asio::ssl::host_name_verification(name));
  secure_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](const asio::error_code& error) {
    if (self->closed_) return;
    if (error) return self->fail_with(Errc::unauthenticated, "TLS with " + self->endpoint_ + " failed: " + error.message());
    self->on_ready();
  });
}

void Channel::on_ready() {
  ready_ = true;
  handlers_.connected();
  if (closed_) return;
  write();
  read();
}

void Channel::read() {
  const std::span<char> space = parser_.space();
  with_stream([&](auto& stream) {
    stream.async_read_some(asio::buffer(space.data(), space.size()),
                           [self = shared_from_this()](const asio::error_code& error, std::size_t count) {
                             if (self->closed_) return;
                             if (error) return self->fail_with(Errc::connection_lost, self->endpoint_ + ": " + error.message());
                             self->on_read(count);
                           });
  });
}

void Channel::on_read(std::size_t count) {
  parser_.received(count);
  while (!closed_) {
    auto frame = parser_.next();
    if (!frame) return fail_with(frame.error().code, endpoint_ + ": " + frame.error().context);
    if (!*frame) break;
    handlers_.frame(**frame);
  }
  if (!closed_) handlers_.frames_end();
  if (!closed_) read();
}

void Channel::send(const Bytes& frame) {
  if (!closed_) queue_.append(frame.view());
}

void Channel::flush() {
  if (ready_ && !closed_) write();
}

void Channel::write() {
  if (queue_.empty() || !writing_.empty()) return;
  writing_.swap(queue_);
  with_stream([&](auto& stream) {
    asio::async_write(stream, asio::buffer(writing_), [self = shared_from_this()](const asio::error_code& error, std::size_t) {
      self->writing_.clear();
      if (self->writing_.capacity() > buffer_bytes_kept) self->writing_.shrink_to_fit();
      if (self->closed_) return;
      if (error) return self->fail_with(Errc::connection_lost, self->endpoint_ + ": " + error.message());
      self->write();
    });
  });
}

void Channel::close() {
  closed_ = true;
  resolver_.cancel();
  asio::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  socket_.close(ignored);
}

void Channel::fail_with(Errc code, const std::string& text) {
  if (closed_) return;
  close();
  handlers_.closed(Error{code, text});
}

}  // namespace conclave::client
