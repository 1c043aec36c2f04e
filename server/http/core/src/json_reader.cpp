#include "conclave/gateway_core/json_reader.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "conclave/gateway_core/base64.hpp"

namespace conclave::gateway {
namespace {

using Json = nlohmann::json;

/// `range_end` as `rangeEnd`.
std::string camel(std::string_view name) {
  std::string out;
  bool raise = false;
  for (const char c : name) {
    if (c == '_') {
      raise = true;
      continue;
    }
    out.push_back(raise && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    raise = false;
  }
  return out;
}

template <class Number>
bool parse_digits(std::string_view text, Number& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// A whole number written with a fraction or an exponent, as some languages print large ones.
template <class Number>
bool whole(double value, Number& out) {
  constexpr double exact = 9007199254740992.0;  // 2^53: beyond it neighbours are lost
  if (!(std::fabs(value) <= exact) || std::floor(value) != value) return false;
  if (value < 0 && !std::numeric_limits<Number>::is_signed) return false;
  out = static_cast<Number>(value);
  return true;
}

template <class Number>
bool number_of(const Json& json, Number& out) {
  if (json.is_string()) return parse_digits<Number>(json.get_ref<const std::string&>(), out);
  if (json.is_number_float()) return whole(json.get<double>(), out);
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) return false;
    out = static_cast<Number>(value);
    return true;
  }
  if (!json.is_number_integer()) return false;
  const auto value = json.get<std::int64_t>();
  if (value < 0 && !std::numeric_limits<Number>::is_signed) return false;
  out = static_cast<Number>(value);
  return true;
}

}  // namespace

const Json* JsonObject::find(std::string_view name) const {
  if (json_ == nullptr) return nullptr;
  auto found = json_->find(std::string(name));
  if (found == json_->end()) found = json_->find(camel(name));
  return found == json_->end() || found->is_null() ? nullptr : &*found;
}

std::string JsonObject::path_to(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void JsonObject::wrong(const std::string& path, std::string_view wanted) const {
  refuse(Code::invalid_argument, "invalid value for field " + path + ": " + std::string(wanted) + " is wanted");
}

std::int64_t JsonObject::int64(std::string_view name) const {
  const Json* json = find(name);
  std::int64_t value = 0;
  if (json != nullptr && !number_of(*json, value)) wrong(path_to(name), "a whole number of 64 bits, or one in a string,");
  return value;
}

std::uint64_t JsonObject::uint64(std::string_view name) const {
  const Json* json = find(name);
  std::uint64_t value = 0;
  if (json != nullptr && !number_of(*json, value)) wrong(path_to(name), "a whole number from 0 to 2^64-1, or one in a string,");
  return value;
}

bool JsonObject::boolean(std::string_view name) const {
  const Json* json = find(name);
  if (json == nullptr) return false;
  if (!json->is_boolean()) wrong(path_to(name), "true or false");
  return json->is_boolean() && json->get<bool>();
}

std::string JsonObject::bytes(std::string_view name) const {
  const Json* json = find(name);
  if (json == nullptr) return {};
  if (json->is_string()) {
    if (auto decoded = from_base64(json->get_ref<const std::string&>())) return std::move(*decoded);
  }
  wrong(path_to(name), "a string in base64");
  return {};
}

std::string JsonObject::text(std::string_view name) const {
  const Json* json = find(name);
  if (json == nullptr) return {};
  if (!json->is_string()) {
    wrong(path_to(name), "a string");
    return {};
  }
  return json->get<std::string>();
}

std::size_t JsonObject::enumeration_of(const Json& json, const std::string& path, std::span<const std::string_view> names) const {
  if (json.is_string()) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == json.get_ref<const std::string&>()) return i;
  }
  std::uint64_t number = 0;
  if (number_of(json, number) && number < names.size()) return static_cast<std::size_t>(number);
  std::string wanted = "one of";
  for (const std::string_view name : names) wanted.append(" ").append(name);
  wrong(path, wanted);
  return 0;
}

std::size_t JsonObject::enumeration(std::string_view name, std::span<const std::string_view> names) const {
  const Json* json = find(name);
  return json == nullptr ? 0 : enumeration_of(*json, path_to(name), names);
}

JsonObject JsonObject::object(std::string_view name) const {
  const Json* json = find(name);
  if (json != nullptr && !json->is_object()) {
    wrong(path_to(name), "an object");
    json = nullptr;
  }
  return {json, path_to(name), problem_};
}

const Json* JsonObject::array(std::string_view name) const {
  const Json* json = find(name);
  if (json == nullptr || json->is_array()) return json;
  wrong(path_to(name), "an array");
  return nullptr;
}

void JsonObject::for_each_object(std::string_view name, const std::function<void(const JsonObject&)>& visit) const {
  const Json* items = array(name);
  if (items == nullptr) return;
  for (std::size_t i = 0; i < items->size() && !refused(); ++i) {
    const std::string path = path_to(name) + "[" + std::to_string(i) + "]";
    if (!(*items)[i].is_object()) return wrong(path, "an object");
    visit(JsonObject(&(*items)[i], path, problem_));
  }
}

void JsonObject::for_each_enumeration(std::string_view name, std::span<const std::string_view> names,
                                      const std::function<void(std::size_t)>& visit) const {
  const Json* items = array(name);
  if (items == nullptr) return;
  for (std::size_t i = 0; i < items->size() && !refused(); ++i)
    visit(enumeration_of((*items)[i], path_to(name) + "[" + std::to_string(i) + "]", names));
}

JsonDocument::JsonDocument() = default;
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

JsonDocument JsonDocument::parse(ByteView text, const JsonLimits& limits, Problem& problem) {
  JsonDocument document;
  JsonSplitter splitter(limits);
  if (!splitter.feed(text, problem)) return document;
  auto object = splitter.next();
  if (splitter.within()) note(problem, Code::invalid_argument, "invalid JSON: the object does not end");
  if (object && splitter.next()) note(problem, Code::invalid_argument, "invalid JSON: more than one object");
  if (!object || problem) return document;
  try {
    document.json_ = std::make_unique<Json>(Json::parse(*object));
  } catch (const Json::exception& failed) {
    const std::string_view what = failed.what();
    const auto words = what.find("] ");
    note(problem, Code::invalid_argument,
         "invalid JSON: " + std::string(words == std::string_view::npos ? what : what.substr(words + 2)));
  }
  return document;
}

JsonObject JsonDocument::root(Problem& problem) const { return {json_.get(), {}, problem}; }

}  // namespace conclave::gateway
