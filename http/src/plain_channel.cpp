#include <asio/buffer.hpp>

#include "channel.hpp"

namespace conclave::http {
namespace {

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  void handshake(Then then) override { then({}); }
  void read_some(std::span<char> into, ThenSize then) override {
    socket_.async_read_some(asio::buffer(into.data(), into.size()), std::move(then));
  }
  void write_some(std::string_view from, ThenSize then) override {
    socket_.async_write_some(asio::buffer(from.data(), from.size()), std::move(then));
  }
  void end_sending(Then then) override {
    std::error_code failed;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
    then(failed);
  }
  void close() override {
    std::error_code ignored;
    socket_.close(ignored);
  }
  [[nodiscard]] const asio::ip::tcp::socket& socket() const override { return socket_; }
  [[nodiscard]] bool is_tls() const override { return false; }
  [[nodiscard]] std::string common_name() override { return {}; }

 private:
  asio::ip::tcp::socket socket_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(asio::ip::tcp::socket socket) { return std::make_unique<PlainChannel>(std::move(socket)); }

}  // namespace conclave::http
