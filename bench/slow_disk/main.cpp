#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "delayer.hpp"
#include "flush_filter.hpp"

using namespace conclave::bench;

namespace {

/// A process that is nobody's child delays the flushes of all that this one becomes and starts.
void start_delayer(int socket, int other_end, std::chrono::microseconds delay) {
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child > 0) {
    ::waitpid(child, nullptr, 0);
    return;
  }
  if (::fork() != 0) ::_exit(0);
  ::setsid();  // what interrupts the program at a terminal lets its flushes end
  ::close(other_end);
  try {
    const int listener = receive_descriptor(socket);
    ::close(socket);
    for (int output : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(output);  // nobody waits for its end at a pipe
    delay_flushes(listener, delay);
  } catch (const std::exception&) {
    ::_exit(1);  // the one that sends says what is wrong
  }
  ::_exit(0);
}

/// Does not return.
void become(std::vector<std::string> command, std::chrono::microseconds delay) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  start_delayer(ends[0], ends[1], delay);
  const int listener = hold_flushes();
  send_descriptor(ends[1], listener);
  ::close(listener);
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  ::execvp(words.front(), words.data());
  throw std::system_error(errno, std::generic_category(), command.front());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "conclave-slow-disk runs a command for which the disk flushes more slowly than it does: each fsync and fdatasync of the\n"
      "command, and of all that it starts, begins so much later. Nothing else changes; other programs are not concerned.",
      "conclave-slow-disk");
  app.set_version_flag("--version", "conclave-slow-disk " CONCLAVE_VERSION);
  app.footer(
      "Example: conclave-slow-disk 150 ./dev bench --quick\n"
      "Exit codes: those of the command; 126 it could not be started; 2 wrong usage.");
  unsigned microseconds = 0;
  app.add_option("MICROSECONDS", microseconds, "by which a flush is later, up to a second")
      ->required()
      ->check(CLI::Range(1U, 1'000'000U));
  std::vector<std::string> command;
  app.add_option("COMMAND", command, "with its arguments")->required();
  app.positionals_at_end();  // so that the command's options are its own
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    become(std::move(command), std::chrono::microseconds(microseconds));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conclave-slow-disk: %s\n", error.what());
  }
  return 126;
}
