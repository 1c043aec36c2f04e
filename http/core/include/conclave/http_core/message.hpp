#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::http {

/// One header line, or one parameter of a query or form.
struct Field {
  std::string name;
  std::string value;
  bool operator==(const Field&) const = default;
};

/// Header lines in their order. Names are compared without regard to case.
class Fields {
 public:
  Fields() = default;
  Fields(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }
  /// Gives the field that was added last its value.
  void set_last(std::string_view value) { fields_.back().value = value; }
  /// Replaces every line of that name.
  void set(std::string_view name, std::string value);
  /// The first line of that name, or nothing.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  /// Its value; empty if there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// True if a comma-separated line of that name has the token, without regard to case ("Connection: keep-alive, Upgrade").
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;
  [[nodiscard]] const std::vector<Field>& all() const { return fields_; }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

/// Compares ASCII without regard to case.
[[nodiscard]] bool same_text(std::string_view a, std::string_view b);

/// The parameters of a query string or form body, decoded, in their order. Names are compared exactly.
class Parameters {
 public:
  void add(std::string name, std::string value) { all_.push_back({std::move(name), std::move(value)}); }
  [[nodiscard]] const std::string* find(std::string_view name) const;  ///< the first of that name
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::string_view get(std::string_view name, std::string_view otherwise = {}) const;
  [[nodiscard]] const std::vector<Field>& all() const { return all_; }

 private:
  std::vector<Field> all_;
};

/// What a request says before its body. Everything in it was checked: the method is a token, the path starts with '/' and is
/// decoded, header names are tokens, values have no control characters, and the length of the body is beyond doubt.
struct RequestHead {
  std::string method;
  std::string target;     ///< as it came: path and query, encoded
  std::string path;       ///< decoded; "*" only for OPTIONS
  std::string query;      ///< what follows '?', still encoded
  Parameters parameters;  ///< the query decoded
  Fields fields;
  int minor_version = 1;   ///< HTTP/1.0 or HTTP/1.1
  bool keep_alive = true;  ///< the client lets the connection be used again
  bool expects_continue = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;

  [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

/// Why a request is refused: a status, a short word for programs and metrics, and a sentence for people.
struct Refusal {
  int status = 400;
  std::string kind;
  std::string text;
  bool operator==(const Refusal&) const = default;
};

}  // namespace conclave::http
