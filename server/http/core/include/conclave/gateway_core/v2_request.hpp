#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The v2 keys API of etcd: a tree of directories and files, kept as keys of their own in the replicated store. Pure.
namespace conclave::gateway::v2 {

/// An error of the v2 table.
struct Failure {
  unsigned code = 300;
  std::string cause;
  std::uint64_t index = 0;
  bool operator==(const Failure&) const = default;
};
[[nodiscard]] std::string_view message_of(unsigned code);
[[nodiscard]] unsigned http_status(unsigned code);
/// {"errorCode":...} and a newline.
[[nodiscard]] std::string failure_body(const Failure& failure);

enum class Method : std::uint8_t { get, head, put, post, erase };

/// "/" followed by components without '//', '.', '..' and a slash at the end.
[[nodiscard]] std::string clean_path(std::string_view path);
/// Components of a path. Each is read with the node, and written with it where it is missing, in one transaction.
inline constexpr std::size_t depth_max = 100;

struct Request {
  Method method = Method::get;
  std::string path = "/";
  std::string value;
  std::optional<std::uint64_t> ttl;  ///< seconds
  bool dir = false;
  bool recursive = false;
  bool sorted = false;
  bool quorum = false;
  bool wait = false;
  bool stream = false;
  bool refresh = false;
  bool no_value_on_success = false;
  std::optional<bool> prev_exist;
  std::uint64_t prev_index = 0;  ///< zero: no condition
  std::string prev_value;        ///< empty: no condition
  std::uint64_t wait_index = 0;
  [[nodiscard]] bool has_condition() const { return prev_index != 0 || !prev_value.empty(); }
};

/// Names and values, decoded, those of the form before those of the query.
using Parameters = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::variant<Request, Failure> parse(Method method, std::string_view path, const Parameters& parameters);

}  // namespace conclave::gateway::v2
