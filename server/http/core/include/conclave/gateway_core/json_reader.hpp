#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "conclave/gateway_core/api_error.hpp"
#include "conclave/gateway_core/json_splitter.hpp"

namespace conclave::gateway {

/// The fields of one JSON object as a request has them: absent and null fields have their zero value, unknown ones are ignored,
/// names are found as `range_end` and as `rangeEnd`. What does not fit is noted with the path to it, and reads as zero.
class JsonObject {
 public:
  JsonObject(const nlohmann::json* json, std::string path, Problem& problem)
      : json_(json), path_(std::move(path)), problem_(problem) {}

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  /// A number or a string of digits.
  [[nodiscard]] std::int64_t int64(std::string_view name) const;
  [[nodiscard]] std::uint64_t uint64(std::string_view name) const;
  [[nodiscard]] bool boolean(std::string_view name) const;
  /// Base64 on the wire.
  [[nodiscard]] std::string bytes(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;
  /// A name out of `names`, or its place there.
  [[nodiscard]] std::size_t enumeration(std::string_view name, std::span<const std::string_view> names) const;
  /// Absent: an object without fields.
  [[nodiscard]] JsonObject object(std::string_view name) const;
  void for_each_object(std::string_view name, const std::function<void(const JsonObject&)>& visit) const;
  void for_each_enumeration(std::string_view name, std::span<const std::string_view> names,
                            const std::function<void(std::size_t)>& visit) const;

  /// For what the caller finds wrong with this object.
  void refuse(Code code, std::string text) const { note(problem_, code, std::move(text)); }
  [[nodiscard]] bool refused() const { return problem_.has_value(); }
  [[nodiscard]] std::string path_to(std::string_view name) const;

 private:
  [[nodiscard]] const nlohmann::json* find(std::string_view name) const;
  [[nodiscard]] const nlohmann::json* array(std::string_view name) const;
  [[nodiscard]] std::size_t enumeration_of(const nlohmann::json& json, const std::string& path,
                                           std::span<const std::string_view> names) const;
  void wrong(const std::string& path, std::string_view wanted) const;

  const nlohmann::json* json_;  // null: no fields
  std::string path_;
  Problem& problem_;
};

/// One parsed request.
class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  /// An empty text is an empty object. What is no JSON, or more than one value, is noted and reads as empty.
  [[nodiscard]] static JsonDocument parse(ByteView text, const JsonLimits& limits, Problem& problem);
  /// `problem` outlives what it gives.
  [[nodiscard]] JsonObject root(Problem& problem) const;

 private:
  std::unique_ptr<nlohmann::json> json_;
};

}  // namespace conclave::gateway
