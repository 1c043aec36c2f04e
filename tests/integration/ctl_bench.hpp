#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

/// What the tests of conclavectl's verbs share.
namespace conclave::test {

using Json = nlohmann::json;

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// One member, and conclavectl beside the test.
struct Bench {
  Cluster cluster{1};

  [[nodiscard]] Ran ctl(std::vector<std::string> words, const std::string& input = {}) const {
    return cluster.ctl(std::move(words), input);
  }
  [[nodiscard]] Json json(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-w", "json"});
    const Ran ran = ctl(std::move(words));
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return Json::parse(ran.out);
  }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return cluster.directory() / name; }
  /// What it prints goes to file(log).
  [[nodiscard]] Process start(std::vector<std::string> words, const std::string& log) const {
    words.insert(words.begin(), {program("conclavectl"), "--endpoints", cluster.endpoints()});
    return {std::move(words), file(log)};
  }
  [[nodiscard]] bool await_text(const std::string& name, const std::string& part) const {
    return await(std::chrono::seconds(20), [&] { return contains(text_of(file(name)), part); });
  }
  [[nodiscard]] bool await_waiters(const std::string& verb, std::size_t count) const {
    return await(std::chrono::seconds(20), [&] { return json({verb, "x", "--show"})["waiters"].size() == count; });
  }
};

}  // namespace conclave::test
