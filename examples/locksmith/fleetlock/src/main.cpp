#include <systemd/sd-daemon.h>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "options.hpp"
#include "service.hpp"

namespace {

using namespace conclave;
using namespace conclave::locksmith::fleetlock;

constexpr Duration stop_patience = seconds(20);

/// A line on standard error for each event, which the journal of systemd takes in with its level.
class StderrLog final : public LogSink {
 public:
  [[nodiscard]] bool enabled(LogLevel level) const override { return level != LogLevel::debug; }
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override {
    std::string line = level == LogLevel::error ? "<3>" : level == LogLevel::warning ? "<4>" : "<6>";
    line += event;
    for (const LogField& field : fields) {
      line.append(" ").append(field.key).append("=");
      std::visit([&line](const auto& value) { append(line, value); }, field.value);
    }
    std::fprintf(stderr, "%s\n", line.c_str());
  }

 private:
  static void append(std::string& line, const std::string& text) {
    line += '"';
    for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == '"' || c == 0x7f ? '?' : c;
    line += '"';
  }
  template <class Number>
  static void append(std::string& line, Number number) {
    line += std::to_string(number);
  }
};

int complain(const Error& error) {
  std::fprintf(stderr, "locksmith-fleetlock: %s\n", error.message().c_str());
  return 1;
}

int run(const Options& options) {
  StderrLog log;
  asio::io_context io(1);
  auto client = Client::open(options.client);
  if (!client) return complain(client.error());
  const auto service = std::make_shared<Service>(io, *client, options, log);
  http::Router router;
  service->add_routes(router);
  auto server = http::Server::open(
      io, options.http, [&router](const http::ExchangePtr& exchange) { router(exchange); }, log);
  if (!server) return complain(server.error());
  service->show_server(**server);

  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](std::error_code failed, int) {
    if (failed) return;
    (void)sd_notify(0, "STOPPING=1");
    (*server)->stop(stop_patience, [&io] { io.stop(); });
  });
  log.info("listening", {{"host", options.http.host}, {"port", static_cast<std::uint64_t>((*server)->port())}});
  (void)sd_notify(0, "READY=1");
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Parsed parsed = parse_options(argc, argv);
  return parsed.options ? run(*parsed.options) : parsed.exit_code;
}
