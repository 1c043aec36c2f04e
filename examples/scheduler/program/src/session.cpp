#include "session.hpp"

#include <cmath>
#include <cstdio>

#include "conclave/recipes_core/names.hpp"

namespace conclave::scheduler {
namespace {

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  std::erase_if(parts, [](const std::string& part) { return part.empty(); });
  return parts;
}

}  // namespace

std::chrono::milliseconds milliseconds_of(double seconds) {
  constexpr double most = 365.0 * 24 * 3600;
  return std::chrono::milliseconds(std::llround(std::fmin(std::fmax(seconds, 0), most) * 1000));
}

Result<Session> Session::open(const GlobalFlags& flags, const std::string& name) {
  if (const auto good = recipes::core::check_name(flags.scheduler); !good) return fail(good.error());
  ClientOptions options;
  options.endpoints = parts_of(flags.endpoints);
  options.name = name;
  options.request_timeout = milliseconds_of(flags.timeout);
  if (!flags.ca_file.empty() || !flags.cert_file.empty())
    options.tls = TlsOptions{flags.ca_file, flags.cert_file, flags.key_file, flags.server_name};
  auto client = Client::open(std::move(options));
  if (!client) return fail(client.error());
  return Session(std::move(*client), Keys(flags.scheduler), milliseconds_of(flags.timeout));
}

int report(const Error& error) {
  const bool is_definite = error.certainty() == Certainty::definite;
  std::fprintf(stderr, "conclave-scheduler: %s (%s)\n", error.message().c_str(), is_definite ? "definite" : "unknown outcome");
  switch (error.code) {
    case Errc::invalid_argument:
    case Errc::malformed:
    case Errc::too_large: return exit_usage;
    case Errc::key_not_found:
    case Errc::already_exists: return exit_condition;
    default: return exit_error;
  }
}

}  // namespace conclave::scheduler
