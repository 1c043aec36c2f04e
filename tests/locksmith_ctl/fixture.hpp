#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cluster.hpp"

/// locksmithctl against a real cluster of three, which all tests share; each has groups of its own.
namespace conclave::locksmith::test {

using conclave::test::Ran;
using Json = nlohmann::json;

[[nodiscard]] conclave::test::Cluster& cluster();
/// The store's revision, read without writing.
[[nodiscard]] Revision revision();

/// A desk from which one group is looked after; its machine is called "own".
class Desk {
 public:
  explicit Desk(std::string group) : group_(std::move(group)) {}
  [[nodiscard]] Ran run(std::vector<std::string> words, const std::string& input = {}) const;
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& words) const;
  /// What a verb gives with -o json; the run must end with this code.
  [[nodiscard]] Json json(std::vector<std::string> words, int code = 0, const std::string& input = {}) const;
  [[nodiscard]] Json status() const { return json({"status"}); }
  [[nodiscard]] std::vector<std::string> holders() const;
  [[nodiscard]] const std::string& group() const { return group_; }

 private:
  std::string group_;
};

[[nodiscard]] inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace conclave::locksmith::test
