#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Golden scripts: text files of commands and the output each must give.
///
/// A script is a sequence of blocks:
///
///     # a comment; anywhere between blocks
///     command value key=value key=1,2,3 "a value with blanks"
///     input line, as many as there are (none is usual)
///     ----
///     expected output
///     of the command
///
/// The output ends at the first blank line. Output that contains blank lines is written between doubled marks:
///
///     command
///     ----
///     ----
///     first part
///
///     second part
///     ----
///     ----
///
/// A test gives run_script() the file and a handler that executes one command and returns its output:
///
///     TEST_CASE("the index does what its scripts say") {
///       for (const auto& path : scripts_in(CONCLAVE_TEST_DIR "/testdata")) {
///         Fixture fixture;
///         INFO(path);
///         CHECK(run_script(path, [&](const Command& command) { return fixture.run(command); }) == "");
///       }
///     }
///
/// With CONCLAVE_REWRITE=1 in the environment the expected output is replaced in the file by what the handler returned; comments
/// and commands stay as they are. Read the change before it is kept: it is the review.
namespace conclave::test {

/// One command of a script. The accessors throw std::invalid_argument, with the place in the script, for an argument that is
/// missing or not a number; run_script() turns any exception of the handler into the output "error: ...".
struct Command {
  std::string where;                        ///< FILE:LINE
  std::string name;                         ///< the first word
  std::vector<std::string> values;          ///< words without '=', in order
  std::map<std::string, std::string> keys;  ///< words with '='; of one written twice the last counts
  std::string input;                        ///< the lines between command and mark, each with its newline

  [[nodiscard]] bool has(const std::string& key) const { return keys.contains(key); }
  [[nodiscard]] const std::string& value(std::size_t position) const;
  [[nodiscard]] std::uint64_t number(std::size_t position) const;
  [[nodiscard]] const std::string& text(const std::string& key) const;
  [[nodiscard]] std::string text_or(const std::string& key, std::string otherwise) const;
  [[nodiscard]] std::uint64_t number(const std::string& key) const;
  [[nodiscard]] std::uint64_t number_or(const std::string& key, std::uint64_t otherwise) const;
  /// key=1,2,3; nothing if the key is not there or is empty.
  [[nodiscard]] std::vector<std::uint64_t> numbers(const std::string& key) const;
  /// All values from `position` on as numbers.
  [[nodiscard]] std::vector<std::uint64_t> numbers_from(std::size_t position) const;
  /// Throws std::invalid_argument unless every key is one of `known`: a misspelt key must not pass silently.
  void only(const std::vector<std::string_view>& known) const;
};

using CommandHandler = std::function<std::string(const Command&)>;

/// Runs the script and returns a text that says where it differs, empty if nowhere. A file that cannot be read or parsed is a
/// difference too. A script without a block is one as well.
[[nodiscard]] std::string run_script(const std::string& path, const CommandHandler& handler);
/// The same on a text in memory; never rewrites. `name` stands for the file in messages. If `rewritten` is given it becomes the
/// script with the actual output.
[[nodiscard]] std::string run_script_text(const std::string& name, const std::string& text, const CommandHandler& handler,
                                          std::string* rewritten = nullptr);

/// The paths of the *.txt files of a directory, sorted.
[[nodiscard]] std::vector<std::string> scripts_in(const std::string& directory);

/// A line diff, "- expected" and "+ actual", with two lines of context around each change.
[[nodiscard]] std::string diff_lines(const std::string& expected, const std::string& actual);

}  // namespace conclave::test
