#include "conclave/app/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "config_file.hpp"
#include "option_table.hpp"

namespace conclave::app {
namespace {

Parsed usage_error(const std::string& text) { return {std::nullopt, "conclaved: " + text + "\n", exit_usage}; }

Result<void> apply_file(Options& options, const std::string& path) {
  const auto settings = read_config_file(path);
  if (!settings.has_value()) return fail(settings.error());
  for (const auto& [key, value] : *settings) {
    const auto spec = std::ranges::find(option_table(), key, &OptionSpec::name);
    if (spec == option_table().end()) {
      return fail(Errc::invalid_argument,
                  "--config: the key '" + key + "' in " + path + " is not known; the keys are the flags without dashes");
    }
    if (auto set = set_option(options, *spec, value); !set.has_value()) return set;
  }
  return {};
}

Result<Options> assemble(const std::map<std::string, std::string>& given, const std::string& config) {
  Options options;
  if (!config.empty()) {
    if (auto applied = apply_file(options, config); !applied.has_value()) return fail(applied.error());
  }
  for (const OptionSpec& spec : option_table()) {
    const auto found = given.find(spec.name);
    if (found == given.end()) continue;
    if (auto set = set_option(options, spec, found->second); !set.has_value()) return fail(set.error());
  }
  if (auto completed = complete(options); !completed.has_value()) return fail(completed.error());
  return options;
}

}  // namespace

Parsed parse_options(std::span<const std::string> arguments, const std::string& version) {
  CLI::App cli("A member of a conclave cluster. Without arguments: a single member on 127.0.0.1:7400.", "conclaved");
  std::string config;
  std::map<std::string, std::string> given;
  cli.add_option("--config", config, "TOML file with the same keys as these flags; a flag wins over it")->type_name("FILE");
  for (const OptionSpec& spec : option_table()) {
    const auto keep = [&given, name = spec.name](const std::string& value) { given[name] = value; };
    if (spec.value_name.empty()) {
      cli.add_flag_function(
          "--" + spec.name, [keep](std::int64_t count) { keep(count > 0 ? "true" : "false"); }, spec.help);
    } else {
      cli.add_option_function<std::string>("--" + spec.name, keep, spec.help)->type_name(spec.value_name);
    }
  }
  cli.set_version_flag("--version", "conclaved " + version, "print the version and exit");

  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
  try {
    cli.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, cli.help(), 0};
  } catch (const CLI::CallForVersion& text) {
    return {std::nullopt, std::string(text.what()) + "\n", 0};
  } catch (const CLI::ParseError& error) {
    return usage_error(std::string(error.what()) + "; conclaved --help lists what is allowed");
  }
  auto options = assemble(given, config);
  if (!options.has_value()) return usage_error(options.error().context);
  return {std::move(*options), {}, 0};
}

}  // namespace conclave::app
