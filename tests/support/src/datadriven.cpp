#include "conclave/test/datadriven.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace conclave::test {
namespace {

constexpr std::string_view kMark = "----";

struct Block {
  std::vector<std::string> before;  ///< comments and blank lines in front of the command, kept when rewriting
  std::string head;                 ///< the command line and the input lines as written
  Command command;
  std::string expected;
};

struct Script {
  std::vector<Block> blocks;
  std::vector<std::string> tail;
  std::string error;
};

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r") == std::string::npos; }

/// Words are separated by blanks; double quotes keep blanks within a word.
std::vector<std::string> split_words(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool open = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      open = true;
    } else if (!quoted && (c == ' ' || c == '\t')) {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word.push_back(c);
      open = true;
    }
  }
  if (open) words.push_back(word);
  return words;
}

Command parse_command(const std::string& line, std::string where) {
  Command command;
  command.where = std::move(where);
  for (auto& word : split_words(line)) {
    const auto equals = word.find('=');
    if (command.name.empty()) {
      command.name = std::move(word);
    } else if (equals == std::string::npos || equals == 0) {
      command.values.push_back(std::move(word));
    } else {
      command.keys[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return command;
}

class Parser {
 public:
  Parser(std::string name, const std::string& text) : name_(std::move(name)), lines_(split_lines(text)) {}

  Script parse() {
    Script script;
    while (script.error.empty()) {
      std::vector<std::string> before;
      while (at_ < lines_.size() && (is_blank(lines_[at_]) || lines_[at_].front() == '#')) before.push_back(lines_[at_++]);
      if (at_ == lines_.size()) {
        script.tail = std::move(before);
        break;
      }
      script.error = parse_block(std::move(before), script);
    }
    return script;
  }

 private:
  [[nodiscard]] std::string where() const { return name_ + ":" + std::to_string(at_ + 1); }

  std::string parse_block(std::vector<std::string> before, Script& script) {
    Block block;
    block.before = std::move(before);
    block.command = parse_command(lines_[at_], where());
    block.head = lines_[at_++] + "\n";
    for (; at_ < lines_.size() && lines_[at_] != kMark; ++at_) block.command.input += lines_[at_] + "\n";
    if (at_ == lines_.size()) return block.command.where + ": no ---- after this command\n";
    block.head += block.command.input;
    ++at_;
    const bool doubled = at_ < lines_.size() && lines_[at_] == kMark;
    if (!doubled) {
      for (; at_ < lines_.size() && !lines_[at_].empty(); ++at_) block.expected += lines_[at_] + "\n";
    } else if (!parse_doubled(block)) {
      return block.command.where + ": the doubled ---- of this output is not closed\n";
    }
    script.blocks.push_back(std::move(block));
    return {};
  }

  bool parse_doubled(Block& block) {
    for (++at_; at_ + 1 < lines_.size(); ++at_) {
      if (lines_[at_] == kMark && lines_[at_ + 1] == kMark) {
        at_ += 2;
        return true;
      }
      block.expected += lines_[at_] + "\n";
    }
    return false;
  }

  std::string name_;
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
};

std::string run_one(const Command& command, const CommandHandler& handler) {
  std::string output;
  try {
    output = handler(command);
  } catch (const std::exception& failure) {
    output = std::string("error: ") + failure.what();
  }
  if (!output.empty() && output.back() != '\n') output.push_back('\n');
  return output;
}

bool needs_doubling(const std::string& output) {
  return output.starts_with("\n") || output.find("\n\n") != std::string::npos || output.starts_with("----\n");
}

void print_block(const Block& block, const std::string& output, std::string& into) {
  for (const auto& line : block.before) into += line + "\n";
  const char* const mark = needs_doubling(output) ? "----\n----\n" : "----\n";
  into += block.head + mark + output;
  if (needs_doubling(output)) into += mark;
}

std::string read_file(const std::string& path, bool& ok) {
  std::ifstream in(path, std::ios::binary);
  ok = in.good();
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

[[noreturn]] void bad(const Command& command, const std::string& why) {
  throw std::invalid_argument(command.where + ": " + command.name + ": " + why);
}

std::uint64_t to_number(const Command& command, std::string_view text) {
  std::uint64_t number = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) bad(command, "'" + std::string(text) + "' is not a number");
  return number;
}

/// Lengths of the longest common subsequence of the rests a[i..], b[j..].
std::vector<std::vector<std::size_t>> common_lengths(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::vector<std::size_t>> length(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      length[i][j] = a[i] == b[j] ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
  return length;
}

/// The whole diff, unchanged lines included, each with its sign in front.
std::vector<std::string> full_diff(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto length = common_lengths(a, b);
  std::vector<std::string> diff;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      diff.push_back("  " + a[i++]);
      ++j;
    } else if (i < a.size() && (j == b.size() || length[i + 1][j] >= length[i][j + 1])) {
      diff.push_back("- " + a[i++]);
    } else {
      diff.push_back("+ " + b[j++]);
    }
  }
  return diff;
}

}  // namespace

const std::string& Command::value(std::size_t position) const {
  if (position >= values.size()) bad(*this, "a value is missing");
  return values[position];
}

std::uint64_t Command::number(std::size_t position) const { return to_number(*this, value(position)); }

const std::string& Command::text(const std::string& key) const {
  const auto found = keys.find(key);
  if (found == keys.end()) bad(*this, key + "= is missing");
  return found->second;
}

std::string Command::text_or(const std::string& key, std::string otherwise) const { return has(key) ? text(key) : otherwise; }

std::uint64_t Command::number(const std::string& key) const { return to_number(*this, text(key)); }

std::uint64_t Command::number_or(const std::string& key, std::uint64_t otherwise) const {
  return has(key) ? number(key) : otherwise;
}

std::vector<std::uint64_t> Command::numbers(const std::string& key) const {
  std::vector<std::uint64_t> result;
  if (!has(key)) return result;
  std::istringstream in(text(key));
  for (std::string item; std::getline(in, item, ',');) result.push_back(to_number(*this, item));
  return result;
}

std::vector<std::uint64_t> Command::numbers_from(std::size_t position) const {
  std::vector<std::uint64_t> result;
  for (; position < values.size(); ++position) result.push_back(number(position));
  return result;
}

void Command::only(const std::vector<std::string_view>& known) const {
  for (const auto& [key, text] : keys)
    if (std::find(known.begin(), known.end(), key) == known.end()) bad(*this, "unknown key " + key + "=" + text);
}

std::string run_script_text(const std::string& name, const std::string& text, const CommandHandler& handler,
                            std::string* rewritten) {
  const Script script = Parser(name, text).parse();
  std::string report = script.error;
  if (script.blocks.empty() && report.empty()) report = name + ": no command\n";
  std::string printed;
  for (const auto& block : script.blocks) {
    const std::string output = run_one(block.command, handler);
    print_block(block, output, printed);
    if (output != block.expected)
      report +=
          block.command.where + ": " + block.head.substr(0, block.head.find('\n')) + "\n" + diff_lines(block.expected, output);
  }
  for (const auto& line : script.tail) printed += line + "\n";
  if (rewritten != nullptr) *rewritten = script.error.empty() ? printed : text;
  return report;
}

std::string run_script(const std::string& path, const CommandHandler& handler) {
  bool readable = false;
  const std::string text = read_file(path, readable);
  if (!readable) return path + ": cannot be read\n";
  std::string rewritten;
  std::string report = run_script_text(path, text, handler, &rewritten);
  const char* const rewrite = std::getenv("CONCLAVE_REWRITE");
  if (rewrite == nullptr || std::string_view(rewrite) != "1") return report;
  if (rewritten == text) return report;  // nothing changed, or the file does not parse
  std::ofstream(path, std::ios::binary | std::ios::trunc) << rewritten;
  return {};
}

std::vector<std::string> scripts_in(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
    if (entry.path().extension() == ".txt") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string diff_lines(const std::string& expected, const std::string& actual) {
  constexpr std::size_t context = 2;
  const auto lines = full_diff(split_lines(expected), split_lines(actual));
  std::string text;
  std::size_t printed_to = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].front() == ' ') continue;
    const std::size_t from = std::max(printed_to, i > context ? i - context : 0);
    if (from > printed_to) text += "  ...\n";
    const std::size_t to = std::min(lines.size(), i + context + 1);
    for (std::size_t k = from; k < to; ++k) text += lines[k] + "\n";
    printed_to = std::max(printed_to, to);
  }
  return text;
}

}  // namespace conclave::test
