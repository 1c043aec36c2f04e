#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/client.hpp"
#include "conclave/locksmith/groups.hpp"
#include "conclave/locksmith_fleet/agent.hpp"

namespace conclave::locksmith::daemon {

/// What locksmithd was told by flags, environment and file.
struct Options {
  ClientOptions client;
  std::string group = std::string(default_group);
  fleet::AgentOptions agent;
  MachineFiles machine_files;
  std::string host;  ///< empty: the system's
  std::string sentinel_file = "/run/reboot-required";
  std::string need_command;
  std::int64_t priority = 0;
  std::vector<std::string> pre_hooks;
  std::vector<std::string> post_hooks;
  std::vector<std::string> health_commands;
  milliseconds hook_timeout{600'000};
  milliseconds health_timeout{30'000};
  std::string reboot_command;  ///< empty: systemd-logind
  milliseconds reboot_timeout{30'000};
  std::string state_directory = "/var/lib/locksmith";
  std::string show_file = "/run/locksmith/state.json";
};

struct Parsed {
  std::optional<Options> options;  ///< nothing: `text` says why, or is what was asked for
  std::string text;
  int exit_code = 0;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// Flags win over the environment, that over the file.
[[nodiscard]] Parsed parse_options(const std::vector<std::string>& arguments, const Environment& environment);

/// Each key with its values, in the order of the file; the place of what is wrong is told. TOML if the name ends so, else lines of
/// NAME=VALUE as in /etc/coreos/update.conf.
using Settings = std::map<std::string, std::vector<std::string>>;
[[nodiscard]] Result<Settings> read_settings(const std::string& path);
[[nodiscard]] Result<Settings> parse_toml(std::string_view text, const std::string& path);
[[nodiscard]] Result<Settings> parse_lines(std::string_view text, const std::string& path);

}  // namespace conclave::locksmith::daemon
