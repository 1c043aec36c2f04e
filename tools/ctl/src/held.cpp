#include "held.hpp"

#include <atomic>
#include <cstdio>
#include <ctime>

namespace conclave::ctl {
namespace {

using std::chrono::milliseconds;

/// Tells when a key is deleted: an operator's way to take something from its holder. The lease tells of all other losses.
class Removal {
 public:
  Removal(Client& client, const Guard& guard, const EventsPtr& events) {
    WatchOptions options;
    options.keys = Keys::one(guard.key);
    options.from = Revision(guard.create_revision.value() + 1);
    options.no_put = true;
    watch_ = client.watch(std::move(options), [removed = removed_, events](const WatchNotice& notice) {
      if (!std::holds_alternative<WatchEvents>(notice)) return;
      *removed = true;
      events->wake();
    });
  }
  [[nodiscard]] bool seen() const { return *removed_; }

 private:
  std::shared_ptr<std::atomic<bool>> removed_ = std::make_shared<std::atomic<bool>>(false);
  Watch watch_;
};

/// Gives the signal that ended the wait, or zero when it was lost.
int wait_while_held(const Events& events, const std::function<milliseconds()>& certain_for) {
  while (true) {
    const milliseconds left = certain_for();
    if (left <= milliseconds::zero()) return 0;
    if (const int signal = events.wait(std::min(left, milliseconds(1000))); asks_to_end(signal)) return signal;
  }
}

int lost(const Held& held) {
  std::fprintf(stderr, "conclavectl: '%s' was lost: its lease ended or its key was deleted (definite)\n", held.name.c_str());
  return exit_error;
}

}  // namespace

Held held_of(std::string name, recipes::Hold hold) {
  const auto shared = std::make_shared<recipes::Hold>(std::move(hold));
  return {std::move(name), shared->guard(), [shared] { return shared->certain_for(); },
          [shared](std::function<void()> handler) { shared->on_lost(std::move(handler)); },
          [shared](recipes::Wait wait) { return shared->release(std::move(wait)); }};
}

void add_take_flags(CLI::App& app, TakeFlags& flags, bool with_try) {
  app.add_option("NAME", flags.name, "what it is called: parts between slashes")->required();
  app.add_option("--ttl", flags.ttl, "how long others wait when this machine dies; 2s at least")->capture_default_str();
  app.add_option("--owner", flags.owner, "shown to others; HOST:PID if it is left out");
  app.add_option("--note", flags.note, "why, shown to others");
  app.add_option("--grace", flags.grace, "between SIGTERM and SIGKILL when it is lost; a quarter of the TTL if it is left out");
  if (!with_try) return;
  auto* wait = app.add_option("--wait", flags.wait, "wait so long at most, then exit 3; without it as long as it takes");
  app.add_flag("--try", flags.try_only, "do not wait: exit 3 if it cannot be had at once")->excludes(wait);
}

Result<TakeTimes> times_of(const TakeFlags& flags) {
  TakeTimes times;
  const auto ttl = parse_duration(flags.ttl);
  if (!ttl) return fail(Errc::invalid_argument, "--ttl: " + ttl.error().context);
  times.ttl = *ttl;
  times.grace = *ttl / 4;
  if (flags.grace) {
    const auto grace = parse_duration(*flags.grace);
    if (!grace) return fail(Errc::invalid_argument, "--grace: " + grace.error().context);
    if (*grace * 2 > *ttl) return fail(Errc::invalid_argument, "--grace is more than half of the TTL");
    times.grace = *grace;
  }
  const auto wait = parse_wait(flags.wait);
  if (!wait) return fail(wait.error());
  times.wait = *wait;
  return times;
}

EventsPtr begin_waiting() {
  Child::note_inherited_files();
  return std::make_shared<Events>();
}

int not_taken(const Error& error, int signal, const std::string& what) {
  if (signal != 0) return exit_of_signal + signal;
  if (error.code != recipes::timed_out) return report(error);
  std::fprintf(stderr, "conclavectl: %s could not be had in time; nothing is held (definite)\n", what.c_str());
  return exit_condition;
}

int nothing_to_take(const std::string& what) {
  std::fprintf(stderr, "conclavectl: %s; nothing was done (definite)\n", what.c_str());
  return exit_condition;
}

Result<std::optional<milliseconds>> parse_wait(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const auto wait = parse_duration(*text);
  if (!wait) return fail(Errc::invalid_argument, "--wait: " + wait.error().context);
  return *wait;
}

int wait_for_gate(Session& session, const EventsPtr& events, const std::string& key, const std::string& what,
                  std::optional<milliseconds> timeout,
                  const std::function<void(std::function<void(Result<void>)>, recipes::Wait)>& wait) {
  // Waiting has no end of its own: that no member answers is to be told at once.
  if (const auto answer = session.client().get(key, {}, session.call()); !answer) return report(answer.error());
  const auto got = await_result<void>(events, wait, timeout);
  if (got.result) return told(session, got.result, "open");
  if (got.signal != 0) return exit_of_signal + got.signal;
  return got.result.error().code == recipes::timed_out ? nothing_to_take(what + " is closed") : report(got.result.error());
}

int told(const Session& session, const Result<void>& result, const char* done) {
  if (!result) return report(result.error());
  session.json() ? print_json({{done, true}}) : static_cast<void>(std::puts("OK"));
  return exit_ok;
}

Ended run_command_under(Session& session, const EventsPtr& events, const Held& held, const ChildOptions& options,
                        milliseconds grace) {
  const Removal removal(session.client(), held.guard, events);
  held.on_lost([events] { events->wake(); });
  ChildOptions with = options;
  with.environment.emplace_back("CONCLAVE_NAME", held.name);
  with.environment.emplace_back("CONCLAVE_TOKEN", to_string(held.guard.create_revision));
  with.environment.emplace_back("CONCLAVE_GUARD", guard_text(held.guard));
  auto child = Child::start(with);
  if (!child) return {report(child.error()), false};
  return supervise(*events, *child, {[&] { return removal.seen() ? milliseconds::zero() : held.certain_for(); }, grace});
}

int run_held(Session& session, const EventsPtr& events, const Held& held, const std::vector<std::string>& command,
             milliseconds grace, const std::function<void()>& announce) {
  int code = exit_ok;
  bool was_lost = false;
  if (command.empty()) {
    const Removal removal(session.client(), held.guard, events);
    held.on_lost([events] { events->wake(); });
    announce();
    was_lost = wait_while_held(*events, [&] { return removal.seen() ? milliseconds::zero() : held.certain_for(); }) == 0;
  } else {
    const Ended ended = run_command_under(session, events, held, {command, {}, {}}, grace);
    code = ended.code;
    was_lost = ended.lost;
  }
  // When it is lost there is nothing to give back, or nobody who answers; what may be left goes with the lease.
  if (was_lost && held.certain_for() <= milliseconds::zero()) return lost(held);
  const milliseconds patience = was_lost ? held.certain_for() : milliseconds(std::chrono::seconds(5));
  const auto released = held.release({patience, {}});
  if (was_lost) return lost(held);
  if (released) return code;
  const int failed = report(released.error());
  return command.empty() ? failed : code;
}

std::string guard_text(const Guard& guard) {
  return to_string(guard.lease) + ":" + to_string(guard.create_revision) + ":" + guard.key;
}

Json to_json(const Held& held) {
  return {{"name", held.name},
          {"key", base64(held.guard.key)},
          {"token", held.guard.create_revision.value()},
          {"lease", held.guard.lease.value()},
          {"guard", guard_text(held.guard)}};
}

Json to_json(const recipes::Holder& holder) {
  Json json{{"key", base64(holder.key)},
            {"token", holder.token.value()},
            {"lease", holder.lease.value()},
            {"owner", holder.owner},
            {"since_ms", millis_of(holder.since)}};
  if (!holder.note.empty()) json["note"] = holder.note;
  if (holder.weight != 1) json["weight"] = holder.weight;
  return json;
}

long long millis_of(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

std::string time_text(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  char text[32] = "";
  if (gmtime_r(&seconds, &parts) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) return "-";
  return text;
}

}  // namespace conclave::ctl
