#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>

#include "conclave/scheduler_http/service.hpp"
#include "verbs.hpp"

namespace conclave::scheduler {
namespace {

constexpr Duration stop_patience = seconds(5);
constexpr std::size_t queued_bytes_max = std::size_t{4} << 20U;

struct ApiFlags {
  std::string listen = "127.0.0.1:7480";
  http::TlsFiles tls;
  api::Doors doors;
};

/// A line on standard error for each event.
class StderrLog final : public LogSink {
 public:
  [[nodiscard]] bool enabled(LogLevel level) const override { return level != LogLevel::debug; }
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override {
    std::string line = std::string(name_of(level)).append(" ").append(event);
    for (const LogField& field : fields)
      std::visit([&](const auto& value) { line.append(" ").append(field.key).append("=").append(text_of(value)); }, field.value);
    std::fprintf(stderr, "%s\n", line.c_str());
  }

 private:
  static std::string text_of(std::string text) {
    for (char& c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return text;
  }
  template <class Number>
  static std::string text_of(Number number) {
    return std::to_string(number);
  }
};

bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1" || host == "localhost"; }

Result<http::Options> options_of(const ApiFlags& flags) {
  const auto wrong = [](const std::string& why) { return fail(Errc::invalid_argument, why); };
  http::Options options;
  const auto colon = flags.listen.rfind(':');
  const std::string port = colon == std::string::npos ? "" : flags.listen.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size())
    return wrong("--listen: '" + flags.listen + "' is not HOST:PORT");
  options.host = flags.listen.substr(0, colon);
  if (options.host.starts_with('[') && options.host.ends_with(']')) options.host = options.host.substr(1, options.host.size() - 2);
  if (options.host.empty()) return wrong("--listen: '" + flags.listen + "' has no host");
  options.tls = flags.tls;
  if (options.tls.cert_file.empty() != options.tls.key_file.empty())
    return wrong("--tls-cert-file and --tls-key-file belong together");
  if (!options.tls.trusted_ca_file.empty() && !options.tls.enabled()) return wrong("--tls-client-ca-file needs --tls-cert-file");
  if (options.tls.require_client_cert && options.tls.trusted_ca_file.empty())
    return wrong("--tls-require-client-cert needs --tls-client-ca-file");
  options.limits.body_bytes_max = submission_bytes_max;
  options.limits.queued_bytes_max = queued_bytes_max;
  options.error_body = [](const http::Refusal& refusal) { return api::to_json(api::trouble_of(refusal)); };
  return options;
}

int run_api(const GlobalFlags& global, const ApiFlags& flags) {
  const auto options = options_of(flags);
  if (!options) return report(options.error());
  StderrLog log;
  asio::io_context io(1);
  asio::signal_set signals(io, SIGTERM, SIGINT);
  auto session = Session::open(global, "scheduler api");
  if (!session) return report(session.error());
  api::Service service(io, session->client(), session->keys(), {flags.doors, milliseconds_of(global.timeout)});
  http::Router router;
  service.add_routes(router);
  auto server = http::Server::open(
      io, *options, [&router](const http::ExchangePtr& exchange) { router(exchange); }, log);
  if (!server) return report(server.error());
  service.show_server(**server);
  signals.async_wait([&](std::error_code failed, int) {
    if (failed) return;
    service.stop();
    (*server)->stop(stop_patience, [&io] { io.stop(); });
  });
  if (!is_loopback(options->host) && !options->tls.require_client_cert)
    log.warning("whoever reaches this port can run commands on the agents: --tls-require-client-cert asks for certificates");
  log.info("listening", {{"host", options->host}, {"port", static_cast<std::uint64_t>((*server)->port())}});
  io.run();
  return exit_ok;
}

}  // namespace

void add_api(CLI::App& app, Verb& verb) {
  auto* const command = app.add_subcommand("api", "serves the HTTP interface, at /v1/, and the page, at /");
  const auto flags = std::make_shared<ApiFlags>();
  command->add_option("--listen", flags->listen, "HOST:PORT; port 0: a free one")->capture_default_str();
  command->add_option("--tls-cert-file", flags->tls.cert_file, "certificate to show to browsers; turns HTTPS on");
  command->add_option("--tls-key-file", flags->tls.key_file, "its key");
  command->add_option("--tls-client-ca-file", flags->tls.trusted_ca_file, "who signs the certificates of users");
  command->add_flag("--tls-require-client-cert", flags->tls.require_client_cert, "refuse users without such a certificate");
  command
      ->add_option("--allow-host", flags->doors.hosts, "NAME,... by which this is called, beside addresses and localhost; *: any")
      ->delimiter(',');
  command->add_option("--allow-origin", flags->doors.origins, "ORIGIN,... whose pages may ask, as in https://wiki.example.org")
      ->delimiter(',');
  command->callback([flags, &verb] { verb = [flags](const GlobalFlags& global) { return run_api(global, *flags); }; });
}

}  // namespace conclave::scheduler
