#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events.hpp"

namespace conclave::ctl {

struct ChildOptions {
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;  ///< beside our own
  std::optional<std::string> input;                              ///< its standard input; else it has ours
};

/// A command in a process group of its own, so that signals reach what it started, too. It has the terminal while it runs, if we
/// had it. It is killed when this process dies.
class Child {
 public:
  /// Must be called before the first client is made: notes which files a command inherits. Others, the client's, are closed in it.
  static void note_inherited_files();

  [[nodiscard]] static Result<Child> start(const ChildOptions& options);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) = delete;
  /// Kills it if it still runs.
  ~Child();

  /// To it and to what it started.
  void signal(int number) const;
  /// Its exit code if it ended: 128 and the signal's number if one ended it. `with_group`: what it started is killed then.
  [[nodiscard]] std::optional<int> ended(bool with_group);
  /// If it was stopped from the terminal, stops us, too, and goes on with us if `may_go_on` says so then.
  void follow_stop(const std::function<bool()>& may_go_on);

 private:
  explicit Child(pid_t pid, bool terminal) : pid_(pid), terminal_(terminal) {}
  void take_terminal() const;

  pid_t pid_ = -1;
  bool terminal_ = false;
};

/// Until when a command may run.
struct Leash {
  /// For how long what it runs under is certainly held; zero once it is lost. Events are woken when that falls to zero.
  std::function<std::chrono::milliseconds()> certain_for;
  std::chrono::milliseconds grace{0};  ///< between SIGTERM and SIGKILL
};
struct Ended {
  int code = 0;
  bool lost = false;  ///< it was ended because what it ran under was lost or about to be
};
/// Waits for the command's end and passes signals on. When nothing is heard from the servers it gets SIGTERM a grace before the
/// deadline and SIGKILL at the deadline, before another can hold what it ran under. When that is lost all at once, SIGTERM at once
/// and SIGKILL after the grace.
[[nodiscard]] Ended supervise(const Events& events, Child& child, const Leash& leash);

}  // namespace conclave::ctl
