#include "conclave/test/datadriven.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave::test;

namespace {

std::string echo(const Command& command) {
  if (command.name == "echo") return command.input;
  if (command.name == "sum") {
    std::uint64_t sum = command.number_or("plus", 0);
    for (const auto number : command.numbers_from(0)) sum += number;
    return std::to_string(sum);
  }
  throw std::invalid_argument("unknown command");
}

}  // namespace

TEST_CASE("a script that gives what it expects has no difference") {
  CHECK(run_script_text("s", "# comment\nsum 1 2 plus=3\n----\n6\n\nsum\n----\n0\n", echo).empty());
}

TEST_CASE("a difference names file and line and shows both sides") {
  const std::string report = run_script_text("s", "\nsum 1 2\n----\n4\n", echo);
  CHECK(report == "s:2: sum 1 2\n- 4\n+ 3\n");
}

TEST_CASE("rewriting keeps comments and commands and replaces output") {
  std::string rewritten;
  (void)run_script_text("s", "# why\nsum 1\n----\n9\n\n\necho\na\n\nb\n----\n# end\n", echo, &rewritten);
  CHECK(rewritten == "# why\nsum 1\n----\n1\n\n\necho\na\n\nb\n----\n----\na\n\nb\n----\n----\n");
  CHECK(run_script_text("s", rewritten, echo).empty());
}

TEST_CASE("an exception of the handler is output") {
  CHECK(run_script_text("s", "nope\n----\nerror: unknown command\n", echo).empty());
  CHECK(run_script_text("s", "sum x\n----\nerror: s:1: sum: 'x' is not a number\n", echo).empty());
}

TEST_CASE("a script that does not parse or has no command is a difference") {
  CHECK_FALSE(run_script_text("s", "sum 1\n", echo).empty());
  CHECK_FALSE(run_script_text("s", "sum 1\n----\n----\n1\n", echo).empty());
  CHECK_FALSE(run_script_text("s", "# nothing\n", echo).empty());
  CHECK_FALSE(run_script("/nonexistent/script.txt", echo).empty());
}
