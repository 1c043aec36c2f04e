#include "flags.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "old_spelling.hpp"

namespace conclave::locksmith::ctl {
namespace {

/// A flag with a text: its names for CLI11, where it goes, and what it is.
struct TextFlag {
  const char* names;
  std::string GlobalFlags::*target;
  const char* help;
};

constexpr std::array<TextFlag, 9> text_flags = {
    {{"--group", &GlobalFlags::group, "the group of machines"},
     {"--cacert,--etcd-cafile", &GlobalFlags::ca_file, "PEM file of who signed the members' certificates; turns TLS on"},
     {"--cert,--etcd-certfile", &GlobalFlags::cert_file, "PEM file of the own certificate"},
     {"--key,--etcd-keyfile", &GlobalFlags::key_file, "PEM file of its key"},
     {"--server-name", &GlobalFlags::server_name, "the name to expect in the members' certificates instead of the endpoint's host"},
     {"--timeout", &GlobalFlags::timeout, "how long a request may take: 500ms, 5s, 2m"},
     {"-o,--output", &GlobalFlags::output, "text or json"},
     {"--machine", &GlobalFlags::machine, "this machine's id, if not that in /etc/machine-id"},
     {"--boot", &GlobalFlags::boot, "the id of its boot, if not that in /proc/sys/kernel/random/boot_id"}}};

constexpr const char* refused_password =
    "conclave has no user names and passwords; a client certificate (-cert, -key) says who you are";

std::optional<std::string> environment(const std::string& flag) {
  std::string name = "LOCKSMITHCTL_";
  for (const char c : flag) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

void add_global_flags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--endpoint,--endpoints", flags.endpoints, "HOST:PORT of members, after commas or one by one (127.0.0.1:7400)")
      ->allow_extra_args(false);
  for (const TextFlag& flag : text_flags)
    app.add_option(flag.names, flags.*flag.target, flag.help)->take_last()->capture_default_str();
  app.get_option("--output")->check(CLI::IsMember({"text", "json"}));
  app.add_flag("--debug", flags.debug, "say on standard error what is asked of whom");
  for (const char* const name : {"--etcd-username", "--etcd-password"})
    app.add_option_function<std::string>(name, [](const std::string&) { throw CLI::ValidationError(refused_password); })->group("");
}

std::vector<std::string> modern_words_of(int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  return modern_words(words,
                      {"endpoint", "endpoints",    "group",         "cacert",        "etcd-cafile", "cert",    "etcd-certfile",
                       "key",      "etcd-keyfile", "etcd-username", "etcd-password", "server-name", "timeout", "output",
                       "machine",  "boot",         "debug",         "version",       "help",        "reason",  "wait",
                       "force",    "priority",     "count",         "reboot-command"});
}

Result<void> fill_from_environment(const CLI::App& app, GlobalFlags& flags) {
  for (const TextFlag& flag : text_flags) {
    const CLI::Option* const option = app.get_option(std::string(flag.names).substr(0, std::string(flag.names).find(',')));
    if (option->count() > 0) continue;
    for (const std::string& name : option->get_lnames())
      if (auto value = environment(name)) {
        flags.*flag.target = std::move(*value);
        break;
      }
  }
  if (flags.output != "text" && flags.output != "json") return fail(Errc::invalid_argument, "LOCKSMITHCTL_OUTPUT: text or json");
  for (const char* const name : {"endpoint", "endpoints"})
    if (const auto value = environment(name); value && flags.endpoints.empty()) flags.endpoints = {*value};
  if (app.get_option("--debug")->count() > 0) return {};
  const std::string debug = environment("debug").value_or("false");
  if (debug != "true" && debug != "false" && debug != "1" && debug != "0")
    return fail(Errc::invalid_argument, "LOCKSMITHCTL_DEBUG: true or false");
  flags.debug = debug == "true" || debug == "1";
  return {};
}

}  // namespace conclave::locksmith::ctl
