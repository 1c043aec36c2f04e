#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>

#include "commands.hpp"
#include "print.hpp"
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
  void push(WatchNotice notice) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return notices_.size() < notices_max; });
    notices_.push_back(std::move(notice));
    changed_.notify_all();
  }
  WatchNotice pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !notices_.empty(); });
    WatchNotice notice = std::move(notices_.front());
    notices_.pop_front();
    changed_.notify_all();
    return notice;
  }

 private:
  static constexpr std::size_t notices_max = 4096;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<WatchNotice> notices_;
};

/// Runs the command once for an event, with the event in its environment, and waits for it.
int run_command(const std::vector<std::string>& command, const Event& event) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) return usage_error("cannot start the command");
  if (child == 0) {
    setenv("CONCLAVE_WATCH_REVISION", to_string(event.kv.mod_revision).c_str(), 1);
    setenv("CONCLAVE_WATCH_EVENT_TYPE", event.kind == EventKind::put ? "PUT" : "DELETE", 1);
    setenv("CONCLAVE_WATCH_KEY", event.kv.key.c_str(), 1);
    setenv("CONCLAVE_WATCH_VALUE", event.kv.value.c_str(), 1);
    if (event.previous) setenv("CONCLAVE_WATCH_PREV_VALUE", event.previous->value.c_str(), 1);
    execvp(words.front(), words.data());
    std::fprintf(stderr, "conclavectl: cannot run '%s'\n", words.front());
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
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

int run_watch(Session& session, const WatchFlags& flags) {
  NoticeQueue queue;
  WatchOptions options;
  options.keys = select_keys(flags.key, flags.range_end, flags.prefix, flags.from_key);
  options.from = Revision(flags.revision);
  options.want_previous = flags.previous;
  options.keys_only = flags.keys_only;
  const Watch watch = session.client().watch(std::move(options), [&](const WatchNotice& notice) { queue.push(notice); });
  while (true) {
    const WatchNotice notice = queue.pop();
    if (const auto* ended = std::get_if<WatchEnded>(&notice)) return report(ended->reason);
    if (const auto* progress = std::get_if<WatchProgress>(&notice)) {
      if (flags.progress && session.json())
        print_json({{"header", {{"revision", progress->revision.value()}}}, {"events", Json::array()}});
      continue;
    }
    const auto* events = std::get_if<WatchEvents>(&notice);
    if (events == nullptr) continue;
    if (flags.command.empty()) {
      print_events(session, *events);
      continue;
    }
    for (const Event& event : events->events)
      if (const int code = run_command(flags.command, event); code != 0)
        std::fprintf(stderr, "conclavectl: the command ended with %d at revision %s\n", code, to_string(events->revision).c_str());
  }
}

}  // namespace

void add_watch(CLI::App& app, Run& run) {
  auto flags = std::make_shared<WatchFlags>();
  CLI::App* watch = app.add_subcommand("watch", "Print the changes of a key or a range as they happen, until interrupted");
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
