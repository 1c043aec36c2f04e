#include "listener.hpp"

#include "conclave/base/time.hpp"
#include "conclave/transport/address.hpp"

namespace conclave::transport {
namespace {

constexpr int backlog = 1024;
/// After a failed accept, for example without free descriptors: going on at once would fail again.
constexpr Duration accept_pause = milliseconds(100);

using asio::ip::tcp;

Unexpected cannot_listen(const std::string& address, const std::string& why) {
  return fail(Errc::io_error, "cannot listen on " + address + ": " + why);
}

}  // namespace

Listener::Listener(asio::io_context& io, LogSink& log, Accept accept)
    : log_(log), accept_(std::move(accept)), acceptor_(io), timer_(io) {}

Result<std::unique_ptr<Listener>> Listener::open(asio::io_context& io, const std::string& address, LogSink& log, Accept accept) {
  const auto parsed = parse_address(address, true);
  if (!parsed.has_value()) return cannot_listen(address, parsed.error().context);
  std::error_code failed;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(parsed->host, std::to_string(parsed->port), tcp::resolver::passive, failed);
  if (failed || found.empty()) return cannot_listen(address, failed.message());
  std::unique_ptr<Listener> listener(new Listener(io, log, std::move(accept)));
  failed = listener->bind(found.begin()->endpoint());
  if (failed) return cannot_listen(address, failed.message());
  return listener;
}

std::error_code Listener::bind(const tcp::endpoint& endpoint) {
  std::error_code failed;
  acceptor_.open(endpoint.protocol(), failed);
  if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor_.bind(endpoint, failed);
  if (!failed) acceptor_.listen(backlog, failed);
  return failed;
}

void Listener::start() {
  acceptor_.async_accept([this](std::error_code failed, tcp::socket socket) {
    if (failed == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (failed) return pause(failed.message());
    accept_(std::move(socket));
    start();
  });
}

void Listener::pause(const std::string& why) {
  log_.warning("cannot accept connections", {{"why", why}});
  timer_.expires_after(accept_pause);
  timer_.async_wait([this](std::error_code cancelled) {
    if (!cancelled && acceptor_.is_open()) start();
  });
}

void Listener::stop() {
  std::error_code ignored;
  timer_.cancel();
  acceptor_.close(ignored);
}

std::uint16_t Listener::port() const {
  std::error_code failed;
  const auto endpoint = acceptor_.local_endpoint(failed);
  return failed ? std::uint16_t{0} : endpoint.port();
}

}  // namespace conclave::transport
