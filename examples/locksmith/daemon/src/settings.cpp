#include <fstream>
#include <iterator>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "options.hpp"

namespace conclave::locksmith::daemon {
namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

}  // namespace

Result<Settings> parse_toml(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    const auto at = parsed.error().source().begin;
    return fail(Errc::invalid_argument, path + ":" + std::to_string(at.line) + ": " + std::string(parsed.error().description()));
  }
  Settings settings;
  for (const auto& [key, node] : parsed.table()) {
    const std::string name(key.str());
    const std::string where = path + ":" + std::to_string(node.source().begin.line) + ": " + name;
    std::vector<std::string>& values = settings[name];
    if (const auto* list = node.as_array()) {
      for (const auto& element : *list) {
        const auto value = text_of(element);
        if (!value) return fail(Errc::invalid_argument, where + ": must be a list of texts");
        values.push_back(*value);
      }
      continue;
    }
    const auto value = text_of(node);
    if (!value) return fail(Errc::invalid_argument, where + ": must be a text, a number or a list of texts");
    values.push_back(*value);
  }
  return settings;
}

Result<Settings> parse_lines(std::string_view text, const std::string& path) {
  Settings settings;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return fail(Errc::invalid_argument, path + ":" + std::to_string(number) + ": is no NAME=VALUE");
    std::string_view value = trimmed(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    settings[std::string(trimmed(line.substr(0, equals)))] = {std::string(value)};
  }
  return settings;
}

Result<Settings> read_settings(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::io_error, path + " cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.size() > file_bytes_max) return fail(Errc::too_large, path + " has more than 1 MiB");
  return path.ends_with(".toml") ? parse_toml(text, path) : parse_lines(text, path);
}

}  // namespace conclave::locksmith::daemon
