#include "commands.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "conclave/locksmith_core/duration_text.hpp"

extern char** environ;

namespace conclave::locksmith::daemon {
namespace {

std::vector<std::string> environment_with(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> all;
  for (char** at = environ; *at != nullptr; ++at) all.emplace_back(*at);
  for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
  return all;
}

/// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become(const char* command, char* const* variables, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died in between
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const char* const words[] = {"/bin/sh", "-c", command, nullptr};
  execve("/bin/sh", const_cast<char* const*>(words), variables);
  _exit(127);
}

/// Its status, or nothing if it has to be killed.
std::optional<int> await_end(pid_t child, milliseconds timeout, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (auto pause = std::chrono::milliseconds(1);; pause = std::min(pause * 2, std::chrono::milliseconds(50))) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return status;
    if (stop.stop_requested() || std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

Ran run_command(const std::string& command, const std::map<std::string, std::string>& variables, milliseconds timeout,
                const std::stop_token& stop) {
  std::vector<std::string> texts = environment_with(variables);
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return {-1, "cannot be started: " + std::string(std::strerror(errno))};
  if (child == 0) become(command.c_str(), pointers.data(), parent);
  const auto status = await_end(child, timeout, stop);
  if (!status) {
    kill(-child, SIGKILL);
    kill(child, SIGKILL);  // perhaps it has no group yet
    int ignored = 0;
    while (waitpid(child, &ignored, 0) < 0 && errno == EINTR) {
    }
    return {-1, stop.stop_requested() ? "was stopped" : "did not end in " + duration_text(timeout), false};
  }
  if (WIFEXITED(*status)) {
    const int code = WEXITSTATUS(*status);
    return {code, code == 0 ? "" : "exits with " + std::to_string(code)};
  }
  return {128 + WTERMSIG(*status), "was ended by signal " + std::to_string(WTERMSIG(*status))};
}

}  // namespace conclave::locksmith::daemon
