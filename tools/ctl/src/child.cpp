#include "child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace conclave::ctl {
namespace {

constexpr int inherited_files_max = 1024;
/// Written once, before threads are.
std::array<bool, inherited_files_max>& inherited() {
  static std::array<bool, inherited_files_max> files{};
  return files;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view text(*one);
    const auto replaced = [&](const auto& pair) { return text.starts_with(pair.first + "="); };
    if (std::none_of(more.begin(), more.end(), replaced)) all.emplace_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

/// A file without a name that holds `text`: it is read whole however slowly, and nobody has to write it meanwhile.
int file_of(const std::string& text) {
  const int file = memfd_create("input", MFD_CLOEXEC);
  std::size_t at = 0;
  while (file >= 0 && at < text.size()) {
    const ssize_t written = write(file, text.data() + at, text.size() - at);
    if (written < 0) {
      close(file);
      return -1;
    }
    at += static_cast<std::size_t>(written);
  }
  if (file >= 0) lseek(file, 0, SEEK_SET);
  return file;
}

/// Whether there is such a file at all. execvp tells of a directory in PATH that may not be searched as if the command were there.
bool is_found(const std::string& command) {
  const char* const path = std::getenv("PATH");
  if (path == nullptr || command.find('/') != std::string::npos) return true;
  std::string_view rest = path;
  while (true) {
    const std::string directory(rest.substr(0, rest.find(':')));
    if (access(((directory.empty() ? "." : directory) + "/" + command).c_str(), F_OK) == 0) return true;
    if (rest.size() == directory.size()) return false;
    rest.remove_prefix(directory.size() + 1);
  }
}

struct Launch {
  std::vector<char*> words;
  std::vector<char*> environment;
  int input = -1;
  bool terminal = false;
  pid_t parent = 0;
  bool found = true;
};

void say(const char* text) { [[maybe_unused]] const auto written = write(STDERR_FILENO, text, std::strlen(text)); }

/// In the child. Other threads may have held any lock when it was made: system calls only, no allocation.
[[noreturn]] void become(const Launch& launch) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launch.parent) _exit(exit_of_signal + SIGKILL);
  if (launch.terminal) tcsetpgrp(STDIN_FILENO, getpid());
  if (launch.input >= 0) dup2(launch.input, STDIN_FILENO);
  for (int file = STDERR_FILENO + 1; file < inherited_files_max; ++file)
    if (!inherited()[static_cast<std::size_t>(file)]) close(file);
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  execvpe(launch.words.front(), launch.words.data(), launch.environment.data());
  const int code = errno == ENOENT || !launch.found ? 127 : 126;
  say("conclavectl: cannot run '");
  say(launch.words.front());
  say(code == 127 ? "': there is no such command\n" : "': it is no program, or may not be run\n");
  _exit(code);
}

}  // namespace

void Child::note_inherited_files() {
  for (int file = 0; file < inherited_files_max; ++file) inherited()[static_cast<std::size_t>(file)] = fcntl(file, F_GETFD) >= 0;
}

Result<Child> Child::start(const ChildOptions& options) {
  const std::vector<std::string> environment = environment_with(options.environment);
  Launch launch{pointers(options.command), pointers(environment), -1, false, getpid(), is_found(options.command.front())};
  if (options.input) {
    launch.input = file_of(*options.input);
    if (launch.input < 0) return fail(Errc::io_error, "no room for the command's input");
  }
  launch.terminal = isatty(STDIN_FILENO) != 0 && tcgetpgrp(STDIN_FILENO) == getpgrp();
  const pid_t pid = fork();
  if (pid == 0) become(launch);
  if (launch.input >= 0) close(launch.input);
  if (pid < 0) return fail(Errc::io_error, "cannot start the command");
  setpgid(pid, pid);  // in both, because either may be first
  if (launch.terminal) tcsetpgrp(STDIN_FILENO, pid);
  return Child(pid, launch.terminal);
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), terminal_(other.terminal_) {}

Child::~Child() {
  if (pid_ <= 0) return;
  signal(SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  take_terminal();
}

void Child::signal(int number) const {
  if (pid_ > 0) kill(-pid_, number);
}

void Child::take_terminal() const {
  if (terminal_) tcsetpgrp(STDIN_FILENO, getpgrp());
}

std::optional<int> Child::ended(bool with_group) {
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_) return std::nullopt;
  if (with_group) signal(SIGKILL);  // as long as it was not waited for, the number of its group is nobody else's
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  take_terminal();
  return WIFEXITED(status) ? WEXITSTATUS(status) : exit_of_signal + WTERMSIG(status);
}

void Child::follow_stop(const std::function<bool()>& may_go_on) {
  siginfo_t info{};
  if (!terminal_ || waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOHANG) != 0 || info.si_pid != pid_) return;
  take_terminal();
  raise(SIGSTOP);
  if (!may_go_on()) return;
  if (tcgetpgrp(STDIN_FILENO) == getpgrp()) tcsetpgrp(STDIN_FILENO, pid_);
  signal(SIGCONT);
}

Ended supervise(const Events& events, Child& child, const Leash& leash) {
  using Clock = std::chrono::steady_clock;
  using std::chrono::milliseconds;
  constexpr milliseconds look_again{1000};  // the deadline moves with each renewal, which wakes nobody
  std::optional<Clock::time_point> kill_at;
  while (true) {
    if (const auto code = child.ended(kill_at.has_value())) return {*code, kill_at.has_value()};
    const milliseconds left = leash.certain_for();
    if (!kill_at && left <= leash.grace) {
      kill_at = Clock::now() + (left > milliseconds::zero() ? left : leash.grace);
      child.signal(SIGTERM);
    }
    milliseconds pause = std::min(look_again, left - leash.grace + milliseconds(1));
    if (kill_at) {
      pause = std::chrono::ceil<milliseconds>(*kill_at - Clock::now());
      if (pause <= milliseconds::zero()) {
        child.signal(SIGKILL);
        pause = look_again;
      }
    }
    const int signal = events.wait(pause);
    if (signal == SIGCHLD)
      child.follow_stop([&] { return leash.certain_for() > leash.grace; });
    else if (signal != 0)
      child.signal(signal);
  }
}

}  // namespace conclave::ctl
