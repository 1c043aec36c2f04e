#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "conclave/locksmith_core/duration_text.hpp"

namespace conclave::locksmith::daemon {
namespace {

struct Spec {
  std::string name;
  std::string value;  ///< its type, for the help
  std::string help;
  std::vector<std::string> familiar;  ///< names that locksmith 0.6 had in its environment or file
  std::function<Result<void>(Options&, const std::vector<std::string>&)> set;
};

using Values = std::vector<std::string>;

/// The last value into a text.
auto into(std::string& (*field)(Options&)) {
  return [field](Options& options, const Values& values) -> Result<void> {
    field(options) = values.back();
    return {};
  };
}
auto into_list(Values& (*field)(Options&)) {
  return [field](Options& options, const Values& values) -> Result<void> {
    field(options) = values;
    return {};
  };
}
template <class Field>
auto into_span(Field field) {
  return [field](Options& options, const Values& values) -> Result<void> {
    const auto span = parse_duration(values.back());
    if (!span) return fail(span.error());
    field(options) = *span;
    return {};
  };
}

TlsOptions& tls(Options& options) { return options.client.tls ? *options.client.tls : options.client.tls.emplace(); }

Result<void> set_endpoints(Options& options, const Values& values) {
  options.client.endpoints.clear();
  for (const std::string& value : values) {
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t comma = std::min(value.find(',', at), value.size());
      std::string one = value.substr(at, comma - at);
      if (one.starts_with("https://")) (void)tls(options);  // also without a certificate of our own or a file of whom to trust
      for (const std::string_view scheme : {"http://", "https://"})
        if (one.starts_with(scheme)) one.erase(0, scheme.size());
      if (!one.empty()) options.client.endpoints.push_back(std::move(one));
      at = comma + 1;
    }
  }
  if (options.client.endpoints.empty()) return fail(Errc::invalid_argument, "no HOST:PORT is named");
  return {};
}

Result<void> set_strategy(Options& options, const Values& values) {
  const auto strategy = parse_strategy(values.back());
  if (!strategy) return fail(strategy.error());
  options.agent.life.strategy = *strategy;
  return {};
}

Result<void> set_priority(Options& options, const Values& values) {
  const std::string& text = values.back();
  char* end = nullptr;
  const long long number = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || number < -1'000'000 || number > 1'000'000)
    return fail(Errc::invalid_argument, "'" + text + "' is no number from -1000000 to 1000000");
  options.priority = number;
  return {};
}

/// The window's two halves are read together once both are known.
struct WindowText {
  std::string start;
  std::string length;
};

const std::vector<Spec>& table() {
  static const std::vector<Spec> specs{
      {"strategy",
       "off|reboot|lock",
       "what to do when a reboot is needed; lock asks the group for a slot (lock)",
       {"REBOOT_STRATEGY"},
       set_strategy},
      {"group", "NAME", "machines that share slots (default)", {}, into([](Options& o) -> std::string& { return o.group; })},
      {"endpoints", "HOST:PORT,...", "members of the cluster (127.0.0.1:7400)", {"LOCKSMITHD_ENDPOINT"}, set_endpoints},
      {"ca-file",
       "FILE",
       "who signed the members' certificates; turns TLS on",
       {"LOCKSMITHD_ETCD_CAFILE"},
       into([](Options& o) -> std::string& { return tls(o).ca_file; })},
      {"cert-file", "FILE", "this machine's certificate", {"LOCKSMITHD_ETCD_CERTFILE"}, into([](Options& o) -> std::string& {
         return tls(o).cert_file;
       })},
      {"key-file", "FILE", "the key of that certificate", {"LOCKSMITHD_ETCD_KEYFILE"}, into([](Options& o) -> std::string& {
         return tls(o).key_file;
       })},
      {"zone", "ZONE", "time zone of this machine's own window (UTC)", {}, into([](Options& o) -> std::string& {
         return o.agent.zone;
       })},
      {"sentinel-file",
       "FILE",
       "a reboot is needed while it exists (/run/reboot-required)",
       {},
       into([](Options& o) -> std::string& { return o.sentinel_file; })},
      {"need-command", "COMMAND", "a reboot is needed if it exits with 0", {}, into([](Options& o) -> std::string& {
         return o.need_command;
       })},
      {"priority", "NUMBER", "of this machine, where its group goes by it (0)", {}, set_priority},
      {"pre-hook",
       "COMMAND",
       "runs before the reboot, such as a drain; may be given more than once",
       {},
       into_list([](Options& o) -> Values& { return o.pre_hooks; })},
      {"post-hook",
       "COMMAND",
       "runs after the reboot, and when a reboot is called off; may be given more than once",
       {},
       into_list([](Options& o) -> Values& { return o.post_hooks; })},
      {"hook-timeout", "TIME", "after which a hook is stopped and has failed (10m)", {}, into_span([](Options& o) -> milliseconds& {
         return o.hook_timeout;
       })},
      {"health-command",
       "COMMAND",
       "the machine is well if it exits with 0; may be given more than once",
       {},
       into_list([](Options& o) -> Values& { return o.health_commands; })},
      {"health-hold",
       "TIME",
       "for so long the machine must be well after the boot before it gives the slot back (30s)",
       {},
       into_span([](Options& o) -> Duration& { return o.agent.life.health_hold; })},
      {"health-interval", "TIME", "between two looks at it meanwhile (5s)", {}, into_span([](Options& o) -> Duration& {
         return o.agent.life.health_pause;
       })},
      {"health-timeout",
       "TIME",
       "after which a health command is stopped and has failed (30s)",
       {},
       into_span([](Options& o) -> milliseconds& { return o.health_timeout; })},
      {"warn-time", "TIME", "that users who are logged in have before the reboot (5m)", {}, into_span([](Options& o) -> Duration& {
         return o.agent.life.warn_time;
       })},
      {"reboot-command", "COMMAND", "reboots the machine; without it systemd-logind does", {}, into([](Options& o) -> std::string& {
         return o.reboot_command;
       })},
      {"reboot-timeout",
       "TIME",
       "after which no answer of systemd-logind or that command is expected any more (30s)",
       {},
       into_span([](Options& o) -> milliseconds& { return o.reboot_timeout; })},
      {"reboot-patience",
       "TIME",
       "after which a reboot that has not come is asked for again (5m)",
       {},
       into_span([](Options& o) -> Duration& { return o.agent.life.reboot_patience; })},
      {"check-interval", "TIME", "between two looks at need and health (1m)", {}, into_span([](Options& o) -> Duration& {
         return o.agent.check_pause;
       })},
      {"retry-pause", "TIME", "after what failed for want of an answer (5s)", {}, into_span([](Options& o) -> Duration& {
         return o.agent.life.retry_pause;
       })},
      {"failure-pause",
       "TIME",
       "after hooks that failed, before the next try to reboot (10m)",
       {},
       into_span([](Options& o) -> Duration& { return o.agent.life.failure_pause; })},
      {"presence-ttl",
       "TIME",
       "after which a machine that is not heard counts as unhealthy (30s)",
       {},
       into_span([](Options& o) -> milliseconds& { return o.agent.presence_ttl; })},
      {"state-dir",
       "DIR",
       "what must survive the daemon and the machine (/var/lib/locksmith)",
       {},
       into([](Options& o) -> std::string& { return o.state_directory; })},
      {"show-file",
       "FILE",
       "what the daemon does, for other programs (/run/locksmith/state.json)",
       {},
       into([](Options& o) -> std::string& { return o.show_file; })},
      {"machine-id-file", "FILE", "(/etc/machine-id)", {}, into([](Options& o) -> std::string& {
         return o.machine_files.machine_id;
       })},
      {"boot-id-file", "FILE", "(/proc/sys/kernel/random/boot_id)", {}, into([](Options& o) -> std::string& {
         return o.machine_files.boot_id;
       })},
      {"host", "NAME", "shown to people (the host's name)", {}, into([](Options& o) -> std::string& { return o.host; })},
  };
  return specs;
}

/// LOCKSMITHD_HEALTH_HOLD of health-hold.
std::string variable_of(std::string_view name) {
  std::string text = "LOCKSMITHD_";
  for (const char c : name) text += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

struct Source {
  std::string what;  ///< "--group" or "LOCKSMITHD_GROUP" or "update.conf: group"
  Values values;
};

/// Where an option is set, if anywhere: flag, environment, file.
std::optional<Source> source_of(const std::string& name, const Values& familiar, const Settings& given,
                                const Environment& environment, const Settings& file) {
  if (const auto found = given.find(name); found != given.end()) return Source{"--" + name, found->second};
  Values variables{variable_of(name)};
  variables.insert(variables.end(), familiar.begin(), familiar.end());
  for (const std::string& variable : variables)
    if (auto value = environment(variable)) return Source{variable, {std::move(*value)}};
  for (const std::string& key : variables)
    if (const auto found = file.find(key); found != file.end()) return Source{key, found->second};
  if (const auto found = file.find(name); found != file.end()) return Source{name, found->second};
  return std::nullopt;
}

Result<void> check_keys(const Settings& file, const std::string& path) {
  for (const auto& [key, values] : file) {
    const auto is_this = [&, &wanted = key](const Spec& spec) {
      return spec.name == wanted || variable_of(spec.name) == wanted ||
             std::find(spec.familiar.begin(), spec.familiar.end(), wanted) != spec.familiar.end();
    };
    const bool window = key == "window-start" || key == "window-length" || key.starts_with("LOCKSMITHD_REBOOT_WINDOW_") ||
                        key.starts_with("REBOOT_WINDOW_");
    // A file of NAME=VALUE may be shared with other programs, whose names are none of ours.
    const bool ours =
        key.starts_with("LOCKSMITHD_") || std::none_of(key.begin(), key.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (ours && !window && std::none_of(table().begin(), table().end(), is_this))
      return fail(Errc::invalid_argument, path + ": the key '" + key + "' is not known; the keys are the flags without dashes");
  }
  return {};
}

Result<Options> assemble(const Settings& given, const Environment& environment, const std::string& config) {
  Options options;
  Settings file;
  if (!config.empty()) {
    auto read = read_settings(config);
    if (!read) return fail(read.error());
    file = std::move(*read);
    if (const auto known = check_keys(file, config); !known) return fail(known.error());
  }
  for (const Spec& spec : table()) {
    const auto source = source_of(spec.name, spec.familiar, given, environment, file);
    if (!source) continue;
    if (const auto set = spec.set(options, source->values); !set)
      return fail(Errc::invalid_argument, source->what + ": " + set.error().context);
  }
  const auto start = source_of("window-start", {"LOCKSMITHD_REBOOT_WINDOW_START", "REBOOT_WINDOW_START"}, given, environment, file);
  const auto length =
      source_of("window-length", {"LOCKSMITHD_REBOOT_WINDOW_LENGTH", "REBOOT_WINDOW_LENGTH"}, given, environment, file);
  if (start.has_value() != length.has_value())
    return fail(Errc::invalid_argument,
                "a window needs both its start and its length; " + (start ? start->what : length->what) + " is alone");
  if (start) {
    auto window = parse_window(start->values.back(), length->values.back());
    if (!window) return fail(Errc::invalid_argument, start->what + ", " + length->what + ": " + window.error().context);
    options.agent.windows = {std::move(*window)};
  }
  if (options.agent.check_pause < milliseconds(10)) return fail(Errc::invalid_argument, "--check-interval: must be at least 10ms");
  if (options.agent.presence_ttl < seconds(2)) return fail(Errc::invalid_argument, "--presence-ttl: must be at least 2s");
  return options;
}

Parsed usage_error(const std::string& text) { return {std::nullopt, "locksmithd: " + text + "\n", 2}; }

}  // namespace

Parsed parse_options(const std::vector<std::string>& arguments, const Environment& environment) {
  CLI::App cli(
      "Reboots this machine when it needs it: in its window, with a slot of its group, and in good health afterwards.\n"
      "Each flag can be set by the environment (LOCKSMITHD_HEALTH_HOLD for --health-hold) or in the file, too.",
      "locksmithd");
  std::string config;
  Settings given;
  cli.add_option("--config", config, "TOML with the names of these flags as keys, or lines of NAME=VALUE")->type_name("FILE");
  const auto add = [&](const std::string& name, const std::string& type, const std::string& help) {
    cli.add_option_function<std::vector<std::string>>(
           "--" + name, [&given, name](const std::vector<std::string>& values) { given[name] = values; }, help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  for (const Spec& spec : table()) add(spec.name, spec.value, spec.help);
  add("window-start", "[DAYS ]HH:MM", "when this machine's own window opens, such as 'Mon,Thu 02:00'");
  add("window-length", "TIME", "for how long, such as 1h30m");
  cli.set_version_flag("--version", "locksmithd " CONCLAVE_VERSION, "print the version and exit");
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
  try {
    cli.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, cli.help(), 0};
  } catch (const CLI::CallForVersion& text) {
    return {std::nullopt, std::string(text.what()) + "\n", 0};
  } catch (const CLI::ParseError& error) {
    return usage_error(std::string(error.what()) + "; locksmithd --help lists what is allowed");
  }
  if (config.empty()) config = environment("LOCKSMITHD_CONFIG").value_or("");
  auto options = assemble(given, environment, config);
  if (!options) return usage_error(options.error().context);
  return {std::move(*options), {}, 0};
}

}  // namespace conclave::locksmith::daemon
