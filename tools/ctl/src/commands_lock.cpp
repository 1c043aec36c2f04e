#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "conclave/recipes/mutex.hpp"
#include "conclave/recipes/rw_lock.hpp"
#include "conclave/recipes/semaphore.hpp"
#include "held.hpp"

namespace conclave::ctl {
namespace {

using recipes::Hold;
using recipes::Holder;
using recipes::Wait;
using MaybeHold = std::optional<Hold>;

/// What differs between the recipes that give a Hold.
struct Taking {
  std::string what;
  std::function<Result<std::vector<Holder>>(Wait)> holders;
  std::function<void(std::function<void(Result<Hold>)>, Wait)> take;
  std::function<void(std::function<void(Result<MaybeHold>)>, Wait)> try_take;
};

int run_taking(Session& session, const EventsPtr& events, const TakeFlags& flags, const TakeTimes& times, const Taking& taking) {
  // Waiting has no end of its own: that no member answers is to be told at once.
  if (!flags.try_only)
    if (const auto answer = taking.holders({session.timeout(), {}}); !answer) return report(answer.error());
  auto got = flags.try_only ? await_result<MaybeHold>(events, taking.try_take, session.timeout())
                            : await_result<MaybeHold>(
                                  events,
                                  [&](std::function<void(Result<MaybeHold>)> done, Wait wait) {
                                    taking.take([done = std::move(done)](Result<Hold> hold) { done(std::move(hold)); }, wait);
                                  },
                                  times.wait);
  if (!got.result) return not_taken(got.result.error(), got.signal, taking.what);
  if (!*got.result) return nothing_to_take(taking.what + " is not free");
  if (got.signal != 0) return exit_of_signal + got.signal;
  const Held held = held_of(flags.name, std::move(**got.result));
  return run_held(session, events, held, flags.command, times.grace, [&] {
    if (session.json()) return print_json(to_json(held));
    std::puts(held.guard.key.c_str());
    std::fflush(stdout);
  });
}

std::vector<std::string> row_of(const char* state, const Holder& holder) {
  return {state,
          to_string(holder.token),
          to_string(holder.lease),
          std::to_string(holder.weight),
          holder.owner,
          time_text(holder.since),
          holder.note};
}
const std::vector<std::string> heading = {"STATE", "TOKEN", "LEASE", "WEIGHT", "OWNER", "SINCE", "NOTE"};

Json list_of(const std::vector<Holder>& holders) {
  Json list = Json::array();
  for (const Holder& holder : holders) list.push_back(to_json(holder));
  return list;
}

int show(const Session& session, const std::string& name, const std::vector<Holder>& holding, const std::vector<Holder>& waiting) {
  if (session.json()) {
    print_json({{"name", name}, {"holders", list_of(holding)}, {"waiters", list_of(waiting)}});
    return exit_ok;
  }
  std::vector<std::vector<std::string>> rows = {heading};
  for (const Holder& holder : holding) rows.push_back(row_of("holds", holder));
  for (const Holder& holder : waiting) rows.push_back(row_of("waits", holder));
  print_table(rows);
  return exit_ok;
}

// --- lock
// ----------------------------------------------------------------------------------------------------------------------------------

struct LockFlags {
  TakeFlags take;
  std::string delay = "0s";
};

int run_lock(Session& session, const LockFlags& lock) {
  const TakeFlags& flags = lock.take;
  const auto times = times_of(flags);
  if (!times) return report(times.error());
  const auto delay = parse_duration(lock.delay);
  if (!delay) return report({Errc::invalid_argument, "--lock-delay: " + delay.error().context});
  const auto events = begin_waiting();
  recipes::Mutex mutex(session.client(), flags.name, {times->ttl, flags.owner, flags.note, *delay});
  if (flags.show) {
    const auto line = mutex.holders({session.timeout(), {}});
    if (!line) return report(line.error());
    const auto split = line->begin() + (line->empty() ? 0 : 1);
    return show(session, flags.name, {line->begin(), split}, {split, line->end()});
  }
  return run_taking(session, events, flags, *times,
                    {"the lock '" + flags.name + "'", [&](Wait wait) { return mutex.holders(wait); },
                     [&](auto done, Wait wait) { mutex.lock(std::move(done), wait); },
                     [&](auto done, Wait wait) { mutex.try_lock(std::move(done), wait); }});
}

// --- rwlock
// --------------------------------------------------------------------------------------------------------------------------------

struct RwFlags {
  TakeFlags take;
  bool shared = false;
};

int run_rw_lock(Session& session, const RwFlags& flags) {
  const auto times = times_of(flags.take);
  if (!times) return report(times.error());
  const auto events = begin_waiting();
  recipes::RwLock lock(session.client(), flags.take.name, {times->ttl, flags.take.owner, flags.take.note});
  if (flags.take.show) {
    const auto line = lock.holders({session.timeout(), {}});
    if (!line) return report(line.error());
    const auto writes = [](const Holder& holder) { return holder.key.find("//w/") != std::string::npos; };
    std::size_t holding = 0;
    while (holding < line->size() && !writes((*line)[holding])) ++holding;
    if (holding == 0 && !line->empty()) holding = 1;
    const auto split = line->begin() + static_cast<std::ptrdiff_t>(holding);
    return show(session, flags.take.name, {line->begin(), split}, {split, line->end()});
  }
  const bool shared = flags.shared;
  return run_taking(
      session, events, flags.take, *times,
      {"the lock '" + flags.take.name + "'", [&](Wait wait) { return lock.holders(wait); },
       [&](auto done, Wait wait) { shared ? lock.lock_shared(std::move(done), wait) : lock.lock(std::move(done), wait); },
       [&](auto done, Wait wait) { shared ? lock.try_lock_shared(std::move(done), wait) : lock.try_lock(std::move(done), wait); }});
}

// --- semaphore
// -----------------------------------------------------------------------------------------------------------------------------

struct SemaphoreFlags {
  TakeFlags take;
  std::uint64_t slots = 1;
  std::uint64_t weight = 1;
  std::optional<std::uint64_t> resize;
};

int show_semaphore(const Session& session, const std::string& name, const recipes::SemaphoreStatus& status) {
  if (!session.json()) {
    std::printf("%llu of %llu slots are held", static_cast<unsigned long long>(status.held),
                static_cast<unsigned long long>(status.slots));
    std::printf(status.over_committed == 0 ? "\n" : ", %llu too many\n", static_cast<unsigned long long>(status.over_committed));
    return show(session, name, status.holders, status.waiters);
  }
  print_json({{"name", name},
              {"slots", status.slots},
              {"held", status.held},
              {"over_committed", status.over_committed},
              {"holders", list_of(status.holders)},
              {"waiters", list_of(status.waiters)}});
  return exit_ok;
}

int run_semaphore(Session& session, const SemaphoreFlags& flags) {
  const auto times = times_of(flags.take);
  if (!times) return report(times.error());
  const auto events = begin_waiting();
  recipes::Semaphore semaphore(session.client(), flags.take.name, {flags.slots, times->ttl, flags.take.owner, flags.take.note});
  const Wait patience{session.timeout(), {}};
  if (flags.resize)
    if (const auto resized = semaphore.resize(*flags.resize, patience); !resized) return report(resized.error());
  if (flags.take.show || flags.resize) {
    const auto status = semaphore.status(patience);
    return status ? show_semaphore(session, flags.take.name, *status) : report(status.error());
  }
  const auto holders = [&](Wait wait) -> Result<std::vector<Holder>> {
    auto status = semaphore.status(wait);
    if (!status) return fail(std::move(status.error()));
    return std::move(status->holders);
  };
  return run_taking(session, events, flags.take, *times,
                    {"the semaphore '" + flags.take.name + "'", holders,
                     [&](auto done, Wait wait) { semaphore.acquire(std::move(done), flags.weight, wait); },
                     [&](auto done, Wait wait) { semaphore.try_acquire(std::move(done), flags.weight, wait); }});
}

constexpr const char* command_help =
    "after --: run while it is held, with CONCLAVE_NAME, CONCLAVE_TOKEN (the fencing token) and CONCLAVE_GUARD (for --guard) in "
    "its "
    "environment, and end with its exit code; without it, hold until interrupted";

}  // namespace

void add_lock(CLI::App& app, Run& run) {
  auto flags = std::make_shared<LockFlags>();
  CLI::App* lock = app.add_subcommand("lock", "Run a command while holding a lock, which one program at a time has");
  add_take_flags(*lock, flags->take, true);
  lock->add_option("--lock-delay", flags->delay,
                   "nobody gets it for so long after this holder lost it without giving it back: what it sent may still land")
      ->capture_default_str();
  lock->add_flag("--show", flags->take.show, "do nothing but show who holds it and who waits");
  lock->add_option("COMMAND", flags->take.command, command_help);
  lock->callback([flags, &run] { run = [flags](Session& session) { return run_lock(session, *flags); }; });

  auto rw = std::make_shared<RwFlags>();
  CLI::App* rw_lock = app.add_subcommand("rwlock", "The same with a lock that one writer or many readers have");
  add_take_flags(*rw_lock, rw->take, true);
  rw_lock->add_flag("--shared", rw->shared, "as a reader");
  rw_lock->add_flag("--show", rw->take.show, "do nothing but show who holds it and who waits");
  rw_lock->add_option("COMMAND", rw->take.command, command_help);
  rw_lock->callback([rw, &run] { run = [rw](Session& session) { return run_rw_lock(session, *rw); }; });

  auto slots = std::make_shared<SemaphoreFlags>();
  CLI::App* semaphore = app.add_subcommand("semaphore", "The same with a number of slots that programs share");
  add_take_flags(*semaphore, slots->take, true);
  semaphore->add_option("--slots", slots->slots, "how many there are, if nobody used it before")->capture_default_str();
  semaphore->add_option("--weight", slots->weight, "how many to take, 1 to 100")->capture_default_str();
  semaphore->add_option("--resize", slots->resize, "do nothing but change the number of slots for all");
  semaphore->add_flag("--show", slots->take.show, "do nothing but show who holds it and who waits");
  semaphore->add_option("COMMAND", slots->take.command, command_help);
  semaphore->callback([slots, &run] { run = [slots](Session& session) { return run_semaphore(session, *slots); }; });
}

}  // namespace conclave::ctl
