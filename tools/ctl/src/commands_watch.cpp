#include <signal.h>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>

#include "commands.hpp"
#include "held.hpp"
#include "txn_input.hpp"

namespace conclave::ctl {
namespace {

struct WatchFlags {
  std::string key, range_end;
  bool prefix = false, from_key = false, previous = false, keys_only = false, progress = false;
  std::uint64_t revision = 0;
  std::vector<std::string> command;
};

/// Notices on their way from the client's thread to the one that prints and runs commands, which may be slow. Bounded: past it the
/// client's thread waits, and the server keeps the rest.
class NoticeQueue {
 public:
  explicit NoticeQueue(EventsPtr events) : events_(std::move(events)) {}

  void push(WatchNotice notice) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return notices_.size() < notices_max || closed_; });
    if (closed_) return;
    notices_.push_back(std::move(notice));
    events_->wake();
  }
  /// Nothing: a signal came that asks to end.
  [[nodiscard]] std::optional<WatchNotice> pop() {
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        if (!notices_.empty()) {
          WatchNotice notice = std::move(notices_.front());
          notices_.pop_front();
          changed_.notify_all();
          return notice;
        }
      }
      if (const int signal = events_->wait(for_long); asks_to_end(signal)) {
        signal_ = signal;
        return std::nullopt;
      }
    }
  }
  /// The one that pop() was ended by.
  [[nodiscard]] int signal() const { return signal_; }
  /// Lets the client's thread go on.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  static constexpr std::size_t notices_max = 4096;
  EventsPtr events_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<WatchNotice> notices_;
  bool closed_ = false;
  int signal_ = 0;
};

ChildOptions options_for(const std::vector<std::string>& command, const Event& event) {
  ChildOptions options{command,
                       {{"CONCLAVE_WATCH_REVISION", to_string(event.kv.mod_revision)},
                        {"CONCLAVE_WATCH_EVENT_TYPE", event.kind == EventKind::put ? "PUT" : "DELETE"},
                        {"CONCLAVE_WATCH_KEY", event.kv.key},
                        {"CONCLAVE_WATCH_VALUE", event.kv.value}},
                       {}};
  if (event.previous) options.environment.emplace_back("CONCLAVE_WATCH_PREV_VALUE", event.previous->value);
  return options;
}

/// Runs the command once for an event, with the event in its environment, and passes signals on. Gives the signal that asked to end
/// this program, or that ended the command and was for both, or zero.
int run_command(const Events& events, const std::vector<std::string>& command, const Event& event) {
  std::fflush(stdout);
  auto child = Child::start(options_for(command, event));
  if (!child) return report(child.error()), 0;
  int asked = 0;
  while (true) {
    if (const auto code = child->ended(false)) {
      if (*code == 0) return asked;
      std::fprintf(stderr, "conclavectl: the command ended with %d at revision %s\n", *code,
                   to_string(event.kv.mod_revision).c_str());
      return asked == 0 && asks_to_end(*code - exit_of_signal) ? *code - exit_of_signal : asked;
    }
    const int signal = events.wait(for_long);
    if (signal == SIGCHLD)
      child->follow_stop([] { return true; });
    else if (signal != 0)
      child->signal(signal);
    if (asks_to_end(signal)) asked = signal;
  }
}

void print_events(Session& session, const WatchEvents& events) {
  if (!session.json()) {
    for (const Event& event : events.events) print_plain(event);
    return;
  }
  Json list = Json::array();
  for (const Event& event : events.events) list.push_back(to_json(event));
  print_json({{"header", {{"revision", events.revision.value()}}}, {"events", std::move(list)}});
}

/// Gives the signal that ended a command of this notice, or zero.
int act_on(Session& session, const Events& events, const WatchFlags& flags, const WatchEvents& changes) {
  if (flags.command.empty()) return print_events(session, changes), 0;
  for (const Event& event : changes.events)
    if (const int signal = run_command(events, flags.command, event); signal != 0) return signal;
  return 0;
}

int run_watch(Session& session, const WatchFlags& flags) {
  const auto events = begin_waiting();
  NoticeQueue queue(events);
  WatchOptions options;
  options.keys = select_keys(flags.key, flags.range_end, flags.prefix, flags.from_key);
  options.from = Revision(flags.revision);
  options.want_previous = flags.previous;
  options.keys_only = flags.keys_only;
  Watch watch = session.client().watch(std::move(options), [&](const WatchNotice& notice) { queue.push(notice); });
  const auto end = [&](int code) {
    queue.close();
    watch.cancel();
    return code;
  };
  while (true) {
    const auto notice = queue.pop();
    if (!notice) return end(exit_of_signal + queue.signal());
    if (const auto* ended = std::get_if<WatchEnded>(&*notice)) return end(report(ended->reason));
    if (const auto* progress = std::get_if<WatchProgress>(&*notice); progress != nullptr && flags.progress && session.json())
      print_json({{"header", {{"revision", progress->revision.value()}}}, {"events", Json::array()}});
    if (const auto* changes = std::get_if<WatchEvents>(&*notice))
      if (const int signal = act_on(session, *events, flags, *changes); signal != 0) return end(exit_of_signal + signal);
  }
}

}  // namespace

void add_watch(CLI::App& app, Run& run) {
  auto flags = std::make_shared<WatchFlags>();
  CLI::App* watch = app.add_subcommand(
      "watch", "Print the changes of a key or a range as they happen, or run a command for each, until interrupted");
  watch->add_option("KEY", flags->key, "the key, or where the range begins")->required();
  watch->add_option("--range-end", flags->range_end, "where the range ends (not included)");
  watch->add_flag("--prefix", flags->prefix, "all keys that start with KEY");
  watch->add_flag("--from-key", flags->from_key, "KEY and everything after it");
  watch->add_option("--rev", flags->revision, "from this revision on");
  watch->add_flag("--prev-kv", flags->previous, "also the key as it was before");
  watch->add_flag("--keys-only", flags->keys_only, "without values");
  watch->add_flag("--progress", flags->progress, "with -w json: also bookmarks, as values without events");
  watch->add_option("COMMAND", flags->command,
                    "after --: run once per event, with CONCLAVE_WATCH_REVISION, _EVENT_TYPE, _KEY, _VALUE and "
                    "(with --prev-kv) _PREV_VALUE in its environment");
  watch->callback([flags, &run] { run = [flags](Session& session) { return run_watch(session, *flags); }; });
}

}  // namespace conclave::ctl
