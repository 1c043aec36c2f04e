#include "conclave/gateway_core/v2_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "conclave/gateway_core/json_writer.hpp"

namespace conclave::gateway::v2 {
namespace {

struct Row {
  unsigned code;
  std::string_view message;
  unsigned status;
};
constexpr std::array rows{
    Row{100, "Key not found", 404},
    Row{101, "Compare failed", 412},
    Row{102, "Not a file", 403},
    Row{104, "Not a directory", 400},
    Row{105, "Key already exists", 412},
    Row{107, "Root is read only", 400},
    Row{108, "Directory not empty", 403},
    Row{110, "The request requires user authentication", 401},
    Row{201, "PrevValue is Required in POST form", 400},
    Row{202, "The given TTL in POST form is not a number", 400},
    Row{203, "The given index in POST form is not a number", 400},
    Row{209, "Invalid field", 400},
    Row{210, "Invalid POST form", 400},
    Row{211, "Value provided on refresh", 400},
    Row{212, "A TTL must be provided on refresh", 400},
    Row{300, "Raft Internal Error", 500},
    Row{301, "During Leader Election", 500},
    Row{400, "watcher is cleared due to etcd recovery", 400},
    Row{401, "The event in requested index is outdated and cleared", 400},
};

const Row& row_of(unsigned code) {
  const auto found = std::ranges::find(rows, code, &Row::code);
  return found == rows.end() ? *std::ranges::find(rows, 300U, &Row::code) : *found;
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return false;
  return std::nullopt;
}

/// Reads parameters in the order in which etcd looks at them; the first that is wrong is told.
class Reader {
 public:
  explicit Reader(const Parameters& parameters) : parameters_(parameters) {}

  [[nodiscard]] const std::string* find(std::string_view name) const {
    const auto found = std::ranges::find(parameters_, name, &std::pair<std::string, std::string>::first);
    return found == parameters_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::uint64_t number(std::string_view name, unsigned code) {
    const std::string* text = find(name);
    std::uint64_t value = 0;
    if (text == nullptr || failed(*text, value)) {
      if (text != nullptr) fail(code, "invalid value for \"" + std::string(name) + "\"");
      return 0;
    }
    return value;
  }
  [[nodiscard]] std::optional<bool> boolean(std::string_view name, bool quoted = true) {
    const std::string* text = find(name);
    if (text == nullptr) return std::nullopt;
    const auto value = parse_bool(*text);
    const std::string named = quoted ? "\"" + std::string(name) + "\"" : std::string(name);
    if (!value) fail(209, "invalid value for " + named);
    return value;
  }
  void fail(unsigned code, std::string cause) {
    if (!failure_) failure_ = Failure{code, std::move(cause), 0};
  }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  static bool failed(const std::string& text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error != std::errc{} || end != text.data() + text.size() || text.empty();
  }

  const Parameters& parameters_;
  std::optional<Failure> failure_;
};

void read_ttl(Reader& reader, Request& request) {
  const std::string* ttl = reader.find("ttl");
  if (ttl == nullptr || ttl->empty()) return;  // an empty one counts as none
  request.ttl = reader.number("ttl", 202);
}

void read_refresh(Reader& reader, Request& request) {
  request.refresh = reader.boolean("refresh", false).value_or(false);
  if (!request.refresh) return;
  if (!request.value.empty()) reader.fail(211, "A value was provided on a refresh");
  if (!request.ttl) reader.fail(212, "No TTL value set");
}

}  // namespace

std::string_view message_of(unsigned code) { return row_of(code).message; }
unsigned http_status(unsigned code) { return row_of(code).status; }

std::string failure_body(const Failure& failure) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.number("errorCode", failure.code);
  json.text("message", message_of(failure.code));
  if (!failure.cause.empty()) json.text("cause", failure.cause);
  json.number("index", failure.index);
  json.end_object();
  return out + "\n";
}

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> components;
  while (!path.empty()) {
    const std::string_view component = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), component.size() + 1));
    if (component.empty() || component == ".") continue;
    if (component != "..") {
      components.push_back(component);
    } else if (!components.empty()) {
      components.pop_back();
    }
  }
  std::string out;
  for (const std::string_view component : components) out.append("/").append(component);
  return out.empty() ? "/" : out;
}

std::variant<Request, Failure> parse(Method method, std::string_view path, const Parameters& parameters) {
  Reader reader(parameters);
  Request request;
  request.method = method;
  request.path = clean_path(path);
  if (static_cast<std::size_t>(std::ranges::count(request.path, '/')) > depth_max)
    reader.fail(209, "the path is deeper than " + std::to_string(depth_max) + " directories");
  if (const std::string* value = reader.find("value")) request.value = *value;
  request.prev_index = reader.number("prevIndex", 203);
  request.wait_index = reader.number("waitIndex", 203);
  request.recursive = reader.boolean("recursive").value_or(false);
  request.sorted = reader.boolean("sorted").value_or(false);
  request.wait = reader.boolean("wait").value_or(false);
  request.dir = reader.boolean("dir").value_or(false);
  request.quorum = reader.boolean("quorum").value_or(false);
  request.stream = reader.boolean("stream").value_or(false);
  if (request.wait && method != Method::get) reader.fail(209, "\"wait\" can only be used with GET requests");
  const std::string* prev_value = reader.find("prevValue");
  if (prev_value != nullptr && prev_value->empty()) reader.fail(201, "\"prevValue\" cannot be empty");
  if (prev_value != nullptr) request.prev_value = *prev_value;
  request.no_value_on_success = reader.boolean("noValueOnSuccess").value_or(false);
  read_ttl(reader, request);
  request.prev_exist = reader.boolean("prevExist", false);
  read_refresh(reader, request);
  if (reader.failure()) return *reader.failure();
  return request;
}

}  // namespace conclave::gateway::v2
