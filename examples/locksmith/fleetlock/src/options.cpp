#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "conclave/locksmith_core/duration_text.hpp"
#include "protocol.hpp"

namespace conclave::locksmith::fleetlock {
namespace {

constexpr int exit_usage = 2;
constexpr std::chrono::milliseconds queue_time_max = std::chrono::minutes(25);

/// What flags fill in before it is looked at.
struct Texts {
  std::string listen = "127.0.0.1:7430";
  std::vector<std::string> endpoints = {"127.0.0.1:7400"};
  TlsOptions store_tls;
  std::string queue_time = "0s";
  std::string store_timeout = "10s";
};

std::string variable_of(std::string_view flag) {
  std::string name = "LOCKSMITH_FLEETLOCK_";
  for (const char c : flag.substr(2)) name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

template <class Value>
CLI::Option* add(CLI::App& app, const std::string& flag, Value& value, const std::string& help) {
  CLI::Option* const option = app.add_option(flag, value, help)->envname(variable_of(flag));
  if constexpr (std::is_same_v<Value, std::vector<std::string>>) option->delimiter(',');
  return option;
}

void describe(CLI::App& app, Options& options, Texts& texts) {
  app.set_version_flag("--version", std::string(CONCLAVE_VERSION));
  app.set_config("--config", "", "file in TOML whose keys are these flags without dashes")->envname("LOCKSMITH_FLEETLOCK_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  add(app, "--listen", texts.listen, "HOST:PORT for FleetLock clients")->capture_default_str();
  add(app, "--endpoints", texts.endpoints, "HOST:PORT,... of members of the cluster")->capture_default_str();
  add(app, "--ca-file", texts.store_tls.ca_file, "who signed the members' certificates; turns TLS to them on");
  add(app, "--cert-file", texts.store_tls.cert_file, "certificate to show to the members");
  add(app, "--key-file", texts.store_tls.key_file, "its key");
  add(app, "--tls-cert-file", options.http.tls.cert_file, "certificate for FleetLock clients; turns HTTPS on");
  add(app, "--tls-key-file", options.http.tls.key_file, "its key");
  add(app, "--tls-client-ca-file", options.http.tls.trusted_ca_file, "who signs the certificates of machines");
  app.add_flag("--tls-require-client-cert", options.http.tls.require_client_cert, "refuse machines without such a certificate")
      ->envname("LOCKSMITH_FLEETLOCK_TLS_REQUIRE_CLIENT_CERT");
  app.add_flag("--match-common-name", options.match_common_name, "a machine's id must be the common name in its certificate")
      ->envname("LOCKSMITH_FLEETLOCK_MATCH_COMMON_NAME");
  add(app, "--groups", options.groups, "NAME,... of groups that are served (any)");
  add(app, "--queue-time", texts.queue_time, "how long a request waits in its group's queue, at most 25m")->capture_default_str();
  add(app, "--store-timeout", texts.store_timeout, "for an answer of the cluster")->capture_default_str();
  add(app, "--max-connections", options.http.limits.connections_max, "of FleetLock clients")->capture_default_str();
}

/// The words after the program's name and, of what they do not name, those that the environment has: it goes before the file, which
/// the library reads first.
std::vector<std::string> words_of(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::vector<std::string> added;
  for (const CLI::Option* const option : app.get_options()) {
    const char* const value = option->get_envname().empty() ? nullptr : std::getenv(option->get_envname().c_str());
    const std::string flag = "--" + option->get_single_name();
    const bool named = std::any_of(words.begin(), words.end(),
                                   [&](const std::string& word) { return word == flag || word.starts_with(flag + "="); });
    if (value != nullptr && *value != '\0' && !named) added.push_back(flag + "=" + value);
  }
  words.insert(words.end(), added.begin(), added.end());
  std::reverse(words.begin(), words.end());  // as the library takes them
  return words;
}

Result<void> set_listen(const std::string& text, http::Options& http) {
  const auto colon = text.rfind(':');
  const std::string digits = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), http.port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return fail(Errc::invalid_argument, "--listen: '" + text + "' is not HOST:PORT");
  }
  http.host = text.substr(0, colon);
  if (http.host.size() > 2 && http.host.front() == '[' && http.host.back() == ']')
    http.host = http.host.substr(1, http.host.size() - 2);
  if (http.host.empty()) return fail(Errc::invalid_argument, "--listen: '" + text + "' has no host");
  return {};
}

Result<std::chrono::milliseconds> span_of(const std::string& flag, const std::string& text, std::chrono::milliseconds most) {
  const auto span = parse_duration(text);
  if (!span) return fail(Errc::invalid_argument, flag + ": " + span.error().context);
  if (*span > most) return fail(Errc::invalid_argument, flag + ": at most " + duration_text(most));
  return *span;
}

Result<void> check_tls(const Options& options) {
  const http::TlsFiles& tls = options.http.tls;
  if (tls.cert_file.empty() != tls.key_file.empty())
    return fail(Errc::invalid_argument, "--tls-cert-file and --tls-key-file belong together");
  if (!tls.trusted_ca_file.empty() && !tls.enabled())
    return fail(Errc::invalid_argument, "--tls-client-ca-file needs --tls-cert-file");
  if ((tls.require_client_cert || options.match_common_name) && tls.trusted_ca_file.empty()) {
    return fail(Errc::invalid_argument, "client certificates need --tls-client-ca-file");
  }
  return {};
}

Result<void> finish(const Texts& texts, Options& options) {
  if (auto set = set_listen(texts.listen, options.http); !set) return set;
  if (auto checked = check_tls(options); !checked) return checked;
  for (const std::string& group : options.groups) {
    if (!is_group(group))
      return fail(Errc::invalid_argument, "--groups: '" + group + "' is not of letters, digits, dots and dashes");
  }
  const auto queue_time = span_of("--queue-time", texts.queue_time, queue_time_max);
  if (!queue_time) return fail(queue_time.error());
  const auto store_timeout = span_of("--store-timeout", texts.store_timeout, std::chrono::minutes(5));
  if (!store_timeout) return fail(store_timeout.error());
  options.queue_time = *queue_time;
  options.store_timeout = *store_timeout;
  options.client.endpoints = texts.endpoints;
  options.client.name = "locksmith-fleetlock";
  if (!texts.store_tls.ca_file.empty() || !texts.store_tls.cert_file.empty()) options.client.tls = texts.store_tls;
  options.http.error_body = error_body;
  options.http.limits.body_bytes_max = 16 * 1024;
  return {};
}

}  // namespace

Parsed parse_options(int argc, const char* const* argv) {
  CLI::App app("Reboot slots of locksmith's groups for clients that speak FleetLock.", "locksmith-fleetlock");
  app.footer(
      "Every flag can be set in the environment: LOCKSMITH_FLEETLOCK_ and its name in capitals, with _ for -.\n"
      "Paths: POST /v1/pre-reboot, POST /v1/steady-state, GET /metrics, /livez, /readyz.");
  Options options;
  Texts texts;
  describe(app, options, texts);
  try {
    app.parse(words_of(app, argc, argv));
  } catch (const CLI::ParseError& error) {
    return {{}, app.exit(error) == 0 ? 0 : exit_usage};
  }
  if (const auto finished = finish(texts, options); !finished) {
    std::fprintf(stderr, "locksmith-fleetlock: %s\n", finished.error().context.c_str());
    return {{}, exit_usage};
  }
  return {std::move(options), 0};
}

}  // namespace conclave::locksmith::fleetlock
