#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/base/result.hpp"

/// Reading JSON of others: strictly, with errors that say where, or leniently, where it is only shown to people.
namespace conclave::locksmith {

using Json = nlohmann::json;

/// What does not begin an object is an error that names `what`.
[[nodiscard]] Result<Json> parse_object(std::string_view text, std::string_view what);
[[nodiscard]] std::string text_of(const Json& json, bool pretty = false);

/// The fields of one object, at `path` in the whole.
class Fields {
 public:
  Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {}

  /// An error unless all fields are among these.
  [[nodiscard]] Result<void> only(std::initializer_list<std::string_view> names) const;
  [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
  [[nodiscard]] const Json& at(std::string_view name) const { return *object_.find(name); }
  [[nodiscard]] Result<std::string> text(std::string_view name, std::size_t bytes_max = 1024) const;
  [[nodiscard]] Result<std::uint64_t> number(std::string_view name, std::uint64_t low, std::uint64_t high) const;
  [[nodiscard]] Result<std::int64_t> integer(std::string_view name) const;
  [[nodiscard]] Result<bool> flag(std::string_view name) const;
  [[nodiscard]] Unexpected wrong(std::string_view name, const std::string& what) const;
  [[nodiscard]] std::string where(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }

 private:
  const Json& object_;
  std::string path_;
};

/// Empty, zero or false if the field is not there or of another type.
[[nodiscard]] std::string text_in(const Json& json, std::string_view name);
[[nodiscard]] std::int64_t integer_in(const Json& json, std::string_view name);
[[nodiscard]] bool flag_in(const Json& json, std::string_view name, bool otherwise = false);

}  // namespace conclave::locksmith
