#include "session.hpp"

#include <cstdio>
#include <cstdlib>

namespace conclave::ctl {

Result<std::chrono::milliseconds> parse_duration(const std::string& text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::string number = text.substr(0, digits);
  const std::string unit = digits == std::string::npos ? "s" : text.substr(digits);
  const auto wrong = [&] { return fail(Errc::invalid_argument, "'" + text + "' is not a duration; write 500ms, 5s, 2m or 1h"); };
  if (number.empty() || number.size() > 12) return wrong();
  const auto count = std::stoll(number);
  if (unit == "ms") return std::chrono::milliseconds(count);
  if (unit == "s") return std::chrono::seconds(count);
  if (unit == "m") return std::chrono::minutes(count);
  if (unit == "h") return std::chrono::hours(count);
  return wrong();
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    if (comma > begin) parts.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return parts;
}

std::chrono::milliseconds Session::timeout() const { return *parse_duration(flags_.timeout); }

ClientOptions Session::options() const {
  ClientOptions options;
  options.endpoints = endpoints();
  options.request_timeout = timeout();
  options.connect_timeout = std::min(timeout(), std::chrono::milliseconds(2000));
  options.name = "conclavectl";
  if (!flags_.ca_file.empty() || !flags_.cert_file.empty())
    options.tls = TlsOptions{flags_.ca_file, flags_.cert_file, flags_.key_file, flags_.server_name};
  return options;
}

Client& Session::client() {
  if (!client_) {
    auto opened = Client::open(options());
    if (!opened) std::exit(report(opened.error()));
    client_.emplace(std::move(*opened));
  }
  return *client_;
}

Result<Client> Session::client_of(const std::string& endpoint) const {
  ClientOptions one = options();
  one.endpoints = {endpoint};
  one.follow_leader = false;
  one.exactly_once = false;
  return Client::open(std::move(one));
}

int report(const Error& error) {
  const char* sure = error.certainty() == Certainty::definite ? "definite" : "unknown";
  std::fprintf(stderr, "conclavectl: %s (%s)\n", error.message().c_str(), sure);
  if (error.code == Errc::fenced) return exit_condition;
  return error.code == Errc::invalid_argument ? exit_usage : exit_error;
}

int usage_error(const std::string& text) {
  std::fprintf(stderr, "conclavectl: %s\n", text.c_str());
  return exit_usage;
}

}  // namespace conclave::ctl
