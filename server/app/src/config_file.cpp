#include "config_file.hpp"

#include <toml++/toml.h>
#include <sstream>

namespace conclave::app {
namespace {

Result<std::string> text_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto truth = node.value_exact<bool>()) return std::string(*truth ? "true" : "false");
  return fail(Errc::invalid_argument);
}

}  // namespace

Result<Settings> read_config_file(const std::string& path) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << "--config: '" << path << "' cannot be read as TOML: " << error.description() << " (line " << error.source().begin.line
          << ")";
    return fail(Errc::invalid_argument, where.str());
  }
  Settings settings;
  for (const auto& [key, node] : table) {
    auto text = text_of(node);
    if (!text.has_value()) {
      return fail(Errc::invalid_argument, "--config: '" + std::string(key.str()) + "' in " + path +
                                              " is not allowed; allowed: a string, a whole number or a boolean");
    }
    settings.emplace_back(std::string(key.str()), std::move(*text));
  }
  return settings;
}

}  // namespace conclave::app
