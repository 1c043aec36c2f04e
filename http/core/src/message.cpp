#include "conclave/http_core/message.hpp"

#include <algorithm>

namespace conclave::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool list_has(std::string_view list, std::string_view token) {
  while (true) {
    const auto comma = list.find(',');
    if (same_text(trimmed(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

void Fields::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [name](const Field& field) { return same_text(field.name, name); });
  add(std::string(name), std::move(value));
}

const std::string* Fields::find(std::string_view name) const {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [name](const Field& field) { return same_text(field.name, name); });
  return found == fields_.end() ? nullptr : &found->value;
}

std::string_view Fields::get(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(), [name](const Field& field) { return same_text(field.name, name); }));
}

bool Fields::has_token(std::string_view name, std::string_view token) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const Field& field) { return same_text(field.name, name) && list_has(field.value, token); });
}

const std::string* Parameters::find(std::string_view name) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [name](const Field& field) { return field.name == name; });
  return found == all_.end() ? nullptr : &found->value;
}

std::string_view Parameters::get(std::string_view name, std::string_view otherwise) const {
  const std::string* value = find(name);
  return value == nullptr ? otherwise : std::string_view(*value);
}

}  // namespace conclave::http
