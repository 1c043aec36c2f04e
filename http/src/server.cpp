#include "conclave/http/server.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <csignal>

#include "certificates.hpp"
#include "conclave/http_core/response.hpp"
#include "connection.hpp"

namespace conclave::http {
namespace {

constexpr Duration sweep_interval = milliseconds(100);
/// A sweep that comes later than this found the process stopped: the time in between is nobody's delay.
constexpr Duration step_max = milliseconds(500);
/// After a failed accept, for example without free descriptors: going on at once would fail again.
constexpr Duration accept_pause = milliseconds(100);
constexpr int backlog = 1024;

using asio::ip::tcp;

Instant steady_now() { return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())); }

std::string date_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return http_date(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

}  // namespace

struct Server::Parts : std::enable_shared_from_this<Server::Parts> {
  Parts(asio::io_context& io, Options options, Handler handler, LogSink& log)
      : shared(std::make_shared<Shared>(io, std::move(options), std::move(handler), log)),
        acceptor(io),
        accept_timer(io),
        sweep_timer(io) {}

  [[nodiscard]] Result<void> bind();
  void accept();
  void pause_accepting(const std::string& why);
  void admit(tcp::socket socket);
  void sweep();
  void stopped_when_empty();
  void close();

  std::shared_ptr<Shared> shared;
  std::unique_ptr<Certificates> certificates;
  tcp::acceptor acceptor;
  asio::steady_timer accept_timer;
  asio::steady_timer sweep_timer;
  Instant swept{};
  Instant stop_deadline{};
  std::function<void()> on_stopped;
};

Result<void> Server::Parts::bind() {
  const std::string& host = shared->options.host;
  const std::string port = std::to_string(shared->options.port);
  std::error_code failed;
  tcp::resolver resolver(shared->io);
  const auto found = resolver.resolve(host, port, tcp::resolver::passive, failed);
  if (!failed && found.empty()) failed = std::make_error_code(std::errc::address_not_available);
  if (!failed) acceptor.open(found.begin()->endpoint().protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(found.begin()->endpoint(), failed);
  if (!failed) acceptor.listen(backlog, failed);
  if (failed) return fail(Errc::io_error, "cannot listen on " + host + ":" + port + ": " + failed.message());
  return {};
}

void Server::Parts::accept() {
  acceptor.async_accept([self = shared_from_this()](std::error_code failed, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (failed) return self->pause_accepting(failed.message());
    self->admit(std::move(socket));
    self->accept();
  });
}

void Server::Parts::pause_accepting(const std::string& why) {
  shared->log.warning("cannot accept HTTP connections", {{"why", why}});
  accept_timer.expires_after(accept_pause);
  accept_timer.async_wait([self = shared_from_this()](std::error_code cancelled) {
    if (!cancelled && self->acceptor.is_open()) self->accept();
  });
}

void Server::Parts::admit(tcp::socket socket) {
  ++shared->counters.accepted;
  std::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const Limits& limits = shared->options.limits;
  const bool full = shared->connections.size() >= limits.connections_max;
  const bool crowded = shared->connections.size() >= limits.connections_max + limits.turned_away_max;
  if (crowded || (full && certificates != nullptr)) return shared->refused("too_many_connections");  // no handshake for saying no
  auto channel = certificates == nullptr ? plain_channel(std::move(socket))
                                         : tls_channel(std::move(socket), certificates->context(steady_now()));
  const auto connection = std::make_shared<Connection>(shared, std::move(channel));
  shared->connections.insert(connection);
  shared->counters.connections = shared->connections.size();
  if (full) return connection->turn_away({503, "too_many_connections", "there are too many connections"});
  connection->start();
}

void Server::Parts::sweep() {
  const Instant now = steady_now();
  shared->now += std::min(now - swept, step_max);
  swept = now;
  shared->date = date_now();
  const auto connections = shared->connections;  // some close and leave the set
  for (const auto& connection : connections) connection->sweep();
  if (shared->stopping) stopped_when_empty();
  sweep_timer.expires_after(sweep_interval);
  sweep_timer.async_wait([self = shared_from_this()](std::error_code cancelled) {
    if (!cancelled) self->sweep();
  });
}

void Server::Parts::stopped_when_empty() {
  if (shared->now >= stop_deadline) {
    const auto connections = shared->connections;
    for (const auto& connection : connections) connection->close();
  }
  if (!shared->connections.empty()) return;
  if (auto then = std::exchange(on_stopped, nullptr)) then();
}

void Server::Parts::close() {
  std::error_code ignored;
  acceptor.close(ignored);
  accept_timer.cancel();
  sweep_timer.cancel();
  const auto connections = shared->connections;
  for (const auto& connection : connections) connection->close();
}

Result<std::unique_ptr<Server>> Server::open(asio::io_context& io, Options options, Handler handler, LogSink& log) {
  // A write to a connection that is gone is to be an error and not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  if (!options.error_body) options.error_body = json_error;
  const auto parts = std::make_shared<Parts>(io, std::move(options), std::move(handler), log);
  if (parts->shared->options.tls.enabled()) {
    auto certificates = Certificates::open(parts->shared->options.tls, log, parts->shared->counters);
    if (!certificates.has_value()) return fail(certificates.error());
    parts->certificates = std::move(*certificates);
  }
  if (auto bound = parts->bind(); !bound.has_value()) return fail(bound.error());
  parts->swept = parts->shared->now = steady_now();
  parts->sweep();
  parts->accept();
  return std::unique_ptr<Server>(new Server(parts));
}

Server::Server(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { parts_->close(); }

std::uint16_t Server::port() const {
  std::error_code failed;
  const auto endpoint = parts_->acceptor.local_endpoint(failed);
  return failed ? std::uint16_t{0} : endpoint.port();
}

const Counters& Server::counters() const { return parts_->shared->counters; }

void Server::stop(Duration patience, std::function<void()> then) {
  std::error_code ignored;
  parts_->acceptor.close(ignored);
  parts_->accept_timer.cancel();
  parts_->shared->stopping = true;
  parts_->stop_deadline = parts_->shared->now + patience;
  parts_->on_stopped = std::move(then);
  const auto connections = parts_->shared->connections;
  for (const auto& connection : connections) connection->stop();
}

}  // namespace conclave::http
