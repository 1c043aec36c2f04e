#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "child.hpp"
#include "conclave/recipes/hold.hpp"
#include "events.hpp"
#include "print.hpp"
#include "session.hpp"

/// What the verbs that hold something have in common: they take it, run a command or wait for a signal, and give it back.
namespace conclave::ctl {

/// Something that is held, whatever recipe it comes from.
struct Held {
  std::string name;
  Guard guard;
  std::function<std::chrono::milliseconds()> certain_for;  ///< zero once it is lost
  std::function<void(std::function<void()>)> on_lost;
  std::function<Result<void>(recipes::Wait)> release;
};
[[nodiscard]] Held held_of(std::string name, recipes::Hold hold);

/// What all verbs that queue up for something take.
struct TakeFlags {
  std::string name;
  std::string ttl = "10s";
  std::string owner, note;
  std::optional<std::string> wait, grace;
  bool try_only = false;
  bool show = false;
  std::vector<std::string> command;
};
void add_take_flags(CLI::App& app, TakeFlags& flags, bool with_try);
/// Their times, read.
struct TakeTimes {
  std::chrono::milliseconds ttl{0};
  std::chrono::milliseconds grace{0};
  std::optional<std::chrono::milliseconds> wait;
};
[[nodiscard]] Result<TakeTimes> times_of(const TakeFlags& flags);

/// To be made first of all by a verb that waits: signals and files have to be settled before the client is made.
[[nodiscard]] EventsPtr begin_waiting();

/// The exit code of a wait that came to nothing, with a line on standard error. `what` is what was waited for.
[[nodiscard]] int not_taken(const Error& error, int signal, const std::string& what);
[[nodiscard]] int nothing_to_take(const std::string& what);

/// What a --wait flag says.
[[nodiscard]] Result<std::optional<std::chrono::milliseconds>> parse_wait(const std::optional<std::string>& text);
/// Waits for a gate, `what`, whose record is at `key`: ends with 0 when it is open, with 3 when it was closed all the time.
[[nodiscard]] int wait_for_gate(Session& session, const EventsPtr& events, const std::string& key, const std::string& what,
                                std::optional<std::chrono::milliseconds> timeout,
                                const std::function<void(std::function<void(Result<void>)>, recipes::Wait)>& wait);
/// Prints OK, or {"done": true}, or the error.
[[nodiscard]] int told(const Session& session, const Result<void>& result, const char* done);

/// While `held` is held: runs the command, with CONCLAVE_NAME, CONCLAVE_TOKEN and CONCLAVE_GUARD in its environment, or calls
/// `announce` and waits for a signal; then gives it back. Gives the command's exit code; 0 after a signal; 1 if it was lost.
[[nodiscard]] int run_held(Session& session, const EventsPtr& events, const Held& held, const std::vector<std::string>& command,
                           std::chrono::milliseconds grace, const std::function<void()>& announce);
/// The same without the end: what the command came to. The caller disposes of what was held.
[[nodiscard]] Ended run_command_under(Session& session, const EventsPtr& events, const Held& held, const ChildOptions& options,
                                      std::chrono::milliseconds grace);

[[nodiscard]] std::string guard_text(const Guard& guard);
/// Name, key, token, lease and guard.
[[nodiscard]] Json to_json(const Held& held);
[[nodiscard]] Json to_json(const recipes::Holder& holder);
[[nodiscard]] std::string time_text(std::chrono::system_clock::time_point time);
[[nodiscard]] long long millis_of(std::chrono::system_clock::time_point time);

}  // namespace conclave::ctl
