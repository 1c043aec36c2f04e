#include "session.hpp"

#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "conclave/locksmith/zones.hpp"
#include "conclave/locksmith_core/duration_text.hpp"
#include "conclave/locksmith_report/text.hpp"
#include "old_spelling.hpp"

namespace conclave::locksmith::ctl {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::size_t terminal_width() {
  const std::string columns = environment("COLUMNS");
  const bool number = !columns.empty() && columns.size() < 5 && columns.find_first_not_of("0123456789") == std::string::npos;
  if (number && std::stoul(columns) > 0) return std::stoul(columns);
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool has_unicode() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = environment(name);
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

report::Look look_of_output() {
  if (isatty(STDOUT_FILENO) == 0) return {};
  const std::string terminal = environment("TERM");
  return {terminal_width(), environment("NO_COLOR").empty() && !terminal.empty() && terminal != "dumb", has_unicode()};
}

std::string host_name() {
  char host[256] = "";
  return gethostname(host, sizeof host - 1) == 0 ? host : "unknown";
}

ClientOptions options_of(const GlobalFlags& flags, Endpoints endpoints, milliseconds timeout) {
  ClientOptions options;
  options.endpoints = std::move(endpoints.addresses);
  options.request_timeout = timeout;
  options.connect_timeout = std::min<milliseconds>(timeout, std::chrono::seconds(2));
  options.name = "locksmithctl";
  if (endpoints.tls || !flags.ca_file.empty() || !flags.cert_file.empty())
    options.tls = TlsOptions{flags.ca_file, flags.cert_file, flags.key_file, flags.server_name};
  return options;
}

}  // namespace

Result<Session> Session::open(GlobalFlags flags) {
  if (flags.endpoints.empty()) flags.endpoints = {"127.0.0.1:7400"};
  auto endpoints = endpoints_of(flags.endpoints);
  if (!endpoints) return fail(std::move(endpoints.error()));
  const auto timeout = parse_duration(flags.timeout);
  if (!timeout) return fail(timeout.error().code, "timeout: " + timeout.error().context);
  if (timeout->count() == 0) return fail(Errc::invalid_argument, "timeout: must be more than nothing");
  if (flags.cert_file.empty() != flags.key_file.empty())
    return fail(Errc::invalid_argument, "a certificate and its key are given together or not at all");
  if (flags.group.empty()) flags.group = default_group;
  if (flags.debug) {
    std::string list;
    for (const std::string& one : endpoints->addresses) list += " " + one;
    complain("debug: group " + flags.group + ", endpoints" + list + ", timeout " + duration_text(*timeout));
  }
  auto client = Client::open(options_of(flags, std::move(*endpoints), *timeout));
  if (!client) return fail(std::move(client.error()));
  return Session(std::move(flags), *timeout, std::move(*client), look_of_output());
}

Result<Claim> Session::self() const {
  Claim claim;
  claim.host = host_name();
  if (flags_.machine.empty() || flags_.boot.empty()) {
    auto read = this_machine();
    if (read) claim = std::move(*read);
    if (!read && flags_.machine.empty()) return fail(std::move(read.error()));
  }
  if (!flags_.machine.empty()) claim.machine = flags_.machine;
  if (!flags_.boot.empty()) claim.boot = flags_.boot;
  if (!is_machine_id(claim.machine))
    return fail(Errc::invalid_argument, "'" + claim.machine + "' is no machine id (1 to 128 letters, digits and .-_)");
  return claim;
}

std::string Session::by() const {
  std::string user = environment("SUDO_USER");
  if (user.empty())
    if (const passwd* const entry = getpwuid(getuid()); entry != nullptr) user = entry->pw_name;
  return (user.empty() ? std::to_string(getuid()) : user) + "@" + host_name();
}

report::Viewer Session::viewer(const Policy& policy) const {
  report::Viewer viewer;
  viewer.now = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (const auto claim = self()) viewer.machine = claim->machine;
  if (policy.windows.empty()) return viewer;
  auto zone = load_zone(policy.zone);
  if (zone)
    viewer.zone = std::move(*zone);
  else
    complain("this machine does not know the time zone " + policy.zone + "; windows are shown as if they were in UTC");
  return viewer;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_json(const report::Json& body) { print(report::document(body)); }

void complain(const std::string& text) {
  const std::string line = "locksmithctl: " + report::clean(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int report_error(const Error& error) {
  const char* const sure = error.certainty() == Certainty::definite ? " (definite)" : " (unknown)";
  complain(error.message() + sure);
  return error.code == Errc::invalid_argument || error.code == Errc::malformed || error.code == Errc::unsupported ? exit_usage
                                                                                                                  : exit_error;
}

int usage_error(const std::string& text) {
  complain(text);
  return exit_usage;
}

int refuse(const std::string& text) {
  complain(text);
  return exit_refused;
}

Result<std::string> read_input(const std::string& path, std::size_t bytes_max) {
  const bool standard = path.empty() || path == "-";
  std::ifstream file;
  if (!standard) file.open(path, std::ios::binary);
  std::istream& input = standard ? std::cin : file;
  if (!input) return fail(Errc::io_error, "cannot read " + path);
  std::string text(bytes_max + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (input.bad()) return fail(Errc::io_error, "cannot read " + (standard ? "standard input" : path));
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > bytes_max) return fail(Errc::malformed, "the input has more than " + std::to_string(bytes_max) + " bytes");
  return text;
}

}  // namespace conclave::locksmith::ctl
