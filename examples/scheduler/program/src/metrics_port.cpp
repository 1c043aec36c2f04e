#include "metrics_port.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <charconv>
#include <cstdio>
#include <map>
#include <thread>

#include "conclave/base/log_sink.hpp"
#include "conclave/http/router.hpp"
#include "conclave/http/server.hpp"

namespace conclave::scheduler {
namespace {

Result<http::Options> options_of(const std::string& address) {
  const auto wrong = [&](const std::string& why) { return fail(Errc::invalid_argument, "--metrics " + address + ": " + why); };
  http::Options options;
  const auto colon = address.rfind(':');
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return wrong("it is no HOST:PORT");
  options.host = address.substr(0, colon);
  if (options.host.starts_with('[') && options.host.ends_with(']')) options.host = options.host.substr(1, options.host.size() - 2);
  if (options.host.empty()) return wrong("it has no host");
  options.limits.connections_max = 64;
  return options;
}

}  // namespace

struct MetricsPort::Parts {
  asio::io_context io{1};
  NullLogSink log;
  http::Router router;
  std::unique_ptr<http::Server> server;
  std::shared_ptr<ClientLoop> loop;
  std::function<void(http::MetricsPage&)> fill;
  std::map<std::uint64_t, http::ExchangePtr> waiting;  ///< for the client's thread; they never leave the server's
  std::uint64_t asked = 0;
  std::thread thread;

  /// The page travels to the client's thread and back.
  void answer(const http::ExchangePtr& exchange) {
    const auto page = std::make_shared<http::MetricsPage>();
    page->process();
    page->server("conclave_scheduler", server->counters());
    const std::uint64_t number = ++asked;
    const bool posted = loop->post([this, page, number] {
      fill(*page);
      asio::post(io, [this, page, number] {
        if (const auto found = waiting.extract(number)) found.mapped()->reply(page->reply());
      });
    });
    if (posted)
      waiting[number] = exchange;
    else
      exchange->reply({.status = 503, .body = "the client is closed\n", .content_type = "text/plain"});
  }
};

MetricsPort::MetricsPort(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<MetricsPort>> MetricsPort::open(const std::string& address, const recipes::Base& base,
                                                       std::function<void(http::MetricsPage&)> fill) {
  const auto options = options_of(address);
  if (!options) return conclave::fail(options.error());
  auto parts = std::make_unique<Parts>();
  parts->loop = base.loop;
  parts->fill = std::move(fill);
  parts->router.add("GET", "/metrics", [p = parts.get()](const http::ExchangePtr& exchange) { p->answer(exchange); });
  auto server = http::Server::open(
      parts->io, *options, [p = parts.get()](const http::ExchangePtr& exchange) { p->router(exchange); }, parts->log);
  if (!server) return conclave::fail(server.error());
  parts->server = std::move(*server);
  std::fprintf(stderr, "conclave-scheduler: metrics at http://%s:%u/metrics\n", options->host.c_str(),
               static_cast<unsigned>(parts->server->port()));
  parts->thread = std::thread([p = parts.get()] { p->io.run(); });
  return std::unique_ptr<MetricsPort>(new MetricsPort(std::move(parts)));
}

MetricsPort::~MetricsPort() {
  parts_->io.stop();
  parts_->thread.join();
}

}  // namespace conclave::scheduler
