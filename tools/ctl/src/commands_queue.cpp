#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include "commands.hpp"
#include "conclave/recipes/work_queue.hpp"
#include "held.hpp"

namespace conclave::ctl {
namespace {

using recipes::ItemState;
using recipes::QueuedItem;
using recipes::Wait;
using recipes::WorkItem;
using recipes::WorkQueue;
using std::chrono::milliseconds;
using MaybeItem = std::optional<WorkItem>;

Result<milliseconds> time_of(const std::optional<std::string>& text, const char* flag) {
  if (!text) return milliseconds::zero();
  auto time = parse_duration(*text);
  if (!time) return fail(Errc::invalid_argument, std::string(flag) + ": " + time.error().context);
  return time;
}

// --- push
// ----------------------------------------------------------------------------------------------------------------------------------

struct PushFlags {
  std::string name;
  std::optional<std::string> body, delay;
  recipes::PushOptions options;
};

int run_push(Session& session, PushFlags flags) {
  const auto delay = time_of(flags.delay, "--delay");
  if (!delay) return report(delay.error());
  flags.options.delay = *delay;
  if (!flags.body) flags.body.emplace(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  WorkQueue queue(session.client(), flags.name);
  const auto pushed = queue.push(std::move(*flags.body), std::move(flags.options), {session.timeout(), {}});
  if (!pushed) return report(pushed.error());
  if (session.json())
    print_json({{"id", pushed->id}, {"new", pushed->is_new}});
  else
    std::puts(pushed->id.c_str());
  if (!pushed->is_new) std::fprintf(stderr, "conclavectl: '%s' is in the queue already; nothing was done\n", pushed->id.c_str());
  return exit_ok;
}

// --- pop
// -----------------------------------------------------------------------------------------------------------------------------------

struct PopFlags {
  TakeFlags take;
  std::string hold_for = "30s";
  std::optional<std::string> retry_after;
  bool repeat = false;
};
struct PopTimes {
  TakeTimes take;
  milliseconds hold_for{0};
  milliseconds retry_after{0};
};

Result<PopTimes> times_of(const PopFlags& flags) {
  const auto take = times_of(flags.take);
  if (!take) return fail(take.error());
  const auto hold_for = time_of(flags.hold_for, "--hold-for");
  if (!hold_for) return fail(hold_for.error());
  const auto retry_after = time_of(flags.retry_after, "--retry-after");
  if (!retry_after) return fail(retry_after.error());
  return PopTimes{*take, *hold_for, *retry_after};
}

/// The item goes out of our hands: whoever has the printed handle acknowledges it.
int print_detached(Session& session, WorkItem item, milliseconds hold_for) {
  const std::string id = item.id();
  const std::string body = item.body();
  const std::uint64_t attempt = item.attempt();
  const auto claim = item.detach(hold_for, {session.timeout(), {}});
  if (!claim) return report(claim.error());
  if (session.json()) {
    print_json({{"id", id},
                {"body", base64(body)},
                {"attempt", attempt},
                {"attempts_max", item.attempts_max()},
                {"priority", item.priority()},
                {"pushed_by", item.pushed_by()},
                {"lease", claim->lease.value()},
                {"handle", guard_text(*claim)}});
    return exit_ok;
  }
  std::puts(guard_text(*claim).c_str());
  std::fwrite(body.data(), 1, body.size(), stdout);
  if (!body.ends_with('\n')) std::putchar('\n');
  return std::fflush(stdout) == 0 ? exit_ok : exit_error;
}

Held held_of(const std::string& name, const std::shared_ptr<WorkItem>& item) {
  return {name, item->guard(), [item] { return item->is_held() ? for_long : milliseconds::zero(); },
          [item](std::function<void()> handler) { item->on_lost(std::move(handler)); }, [](const Wait&) { return Result<void>{}; }};
}

/// Acknowledged if the command ends with 0, else rejected. Gives the command's exit code.
int work_on(Session& session, const EventsPtr& events, const PopFlags& flags, const PopTimes& times, WorkItem taken) {
  const auto item = std::make_shared<WorkItem>(std::move(taken));
  const Held held = held_of(flags.take.name, item);
  const ChildOptions options{flags.take.command,
                             {{"CONCLAVE_ITEM", item->id()},
                              {"CONCLAVE_ATTEMPT", std::to_string(item->attempt())},
                              {"CONCLAVE_ATTEMPTS_MAX", std::to_string(item->attempts_max())}},
                             item->body()};
  const Ended ended = run_command_under(session, events, held, options, times.take.grace);
  if (ended.lost) {
    std::fprintf(stderr, "conclavectl: item '%s' was lost; it is for another\n", item->id().c_str());
    return exit_error;
  }
  const Wait patience{session.timeout(), {}};
  const auto settled = ended.code == 0 ? item->acknowledge({}, patience)
                                       : item->reject("exit code " + std::to_string(ended.code), times.retry_after, patience);
  if (settled) return ended.code;
  const int failed = report(settled.error());
  return ended.code == 0 ? failed : ended.code;
}

int run_pop(Session& session, const PopFlags& flags) {
  const auto times = times_of(flags);
  if (!times) return report(times.error());
  if (flags.repeat && flags.take.command.empty()) return usage_error("--repeat needs a COMMAND");
  const auto events = begin_waiting();
  WorkQueue queue(session.client(), flags.take.name, {times->take.ttl, flags.take.owner});
  // Waiting has no end of its own: that no member answers is to be told at once.
  if (!flags.take.try_only)
    if (const auto answer = queue.counts({session.timeout(), {}}); !answer) return report(answer.error());
  while (true) {
    auto got = await_result<MaybeItem>(
        events,
        [&](std::function<void(Result<MaybeItem>)> done, Wait wait) {
          if (flags.take.try_only) return queue.try_take({}, std::move(done), wait);
          queue.take(
              {}, [done = std::move(done)](Result<WorkItem> item) { done(std::move(item)); }, wait);
        },
        flags.take.try_only ? session.timeout() : times->take.wait);
    if (!got.result) return not_taken(got.result.error(), got.signal, "an item of '" + flags.take.name + "'");
    if (!*got.result) return nothing_to_take("no item waits in '" + flags.take.name + "'");
    if (got.signal != 0) return exit_of_signal + got.signal;
    if (flags.take.command.empty()) return print_detached(session, std::move(**got.result), times->hold_for);
    const int code = work_on(session, events, flags, *times, std::move(**got.result));
    if (!flags.repeat || code > exit_of_signal) return code;
  }
}

// --- ack, reject
// ---------------------------------------------------------------------------------------------------------------------------

struct SettleFlags {
  std::string name, handle, why;
  std::optional<std::string> delay;
};

int run_settle(Session& session, const SettleFlags& flags, bool good) {
  const auto claim = parse_guard(flags.handle);
  if (!claim) return usage_error("'" + flags.handle + "' is not what pop printed");
  const auto delay = time_of(flags.delay, "--delay");
  if (!delay) return report(delay.error());
  WorkQueue queue(session.client(), flags.name);
  const Wait patience{session.timeout(), {}};
  const auto settled = good ? queue.acknowledge(*claim, patience) : queue.reject(*claim, flags.why, *delay, patience);
  return told(session, settled, good ? "acknowledged" : "rejected");
}

// --- list, dead
// ----------------------------------------------------------------------------------------------------------------------------

const char* name_of(ItemState state) {
  switch (state) {
    case ItemState::ready: return "ready";
    case ItemState::taken: return "taken";
    case ItemState::delayed: return "delayed";
    case ItemState::returning: return "returning";
    case ItemState::dead: return "dead";
  }
  return "";
}

Json to_json(const QueuedItem& item) {
  Json json{{"id", item.id},
            {"state", name_of(item.state)},
            {"priority", item.priority},
            {"attempts", item.attempts},
            {"attempts_max", item.attempts_max},
            {"pushed_ms", millis_of(item.pushed_at)},
            {"pushed_by", item.pushed_by}};
  if (!item.taken_by.empty()) json["taken_by"] = item.taken_by;
  if (!item.error.empty()) json["error"] = item.error;
  return json;
}

/// All pages of one state, in their order.
Result<void> list_into(std::vector<QueuedItem>& items, WorkQueue& queue, ItemState state, const Session& session) {
  std::string from;
  do {
    auto page = queue.list(state, from, {session.timeout(), {}});
    if (!page) return fail(std::move(page.error()));
    std::move(page->items.begin(), page->items.end(), std::back_inserter(items));
    from = std::move(page->next);
  } while (!from.empty());
  return {};
}

int print_items(const Session& session, const std::vector<QueuedItem>& items) {
  if (session.json()) {
    Json list = Json::array();
    for (const QueuedItem& item : items) list.push_back(to_json(item));
    print_json({{"items", std::move(list)}});
    return exit_ok;
  }
  std::vector<std::vector<std::string>> rows = {{"ID", "STATE", "PRIORITY", "ATTEMPTS", "PUSHED", "BY", "TAKEN BY", "ERROR"}};
  for (const QueuedItem& item : items)
    rows.push_back({item.id, name_of(item.state), std::to_string(item.priority),
                    std::to_string(item.attempts) + "/" + std::to_string(item.attempts_max), time_text(item.pushed_at),
                    item.pushed_by, item.taken_by, item.error});
  print_table(rows);
  return exit_ok;
}

int run_list(Session& session, const std::string& name, const std::vector<ItemState>& states) {
  WorkQueue queue(session.client(), name);
  std::vector<QueuedItem> items;
  for (const ItemState state : states)
    if (const auto listed = list_into(items, queue, state, session); !listed) return report(listed.error());
  return print_items(session, items);
}

int run_counts(Session& session, const std::string& name) {
  WorkQueue queue(session.client(), name);
  const auto counts = queue.counts({session.timeout(), {}});
  if (!counts) return report(counts.error());
  if (!session.json()) {
    print_table({{"READY", "TAKEN", "DELAYED", "RETURNING", "DEAD", "FIRST PUSHED"},
                 {std::to_string(counts->ready), std::to_string(counts->taken), std::to_string(counts->delayed),
                  std::to_string(counts->returning), std::to_string(counts->dead),
                  counts->first ? time_text(counts->first->pushed_at) : "-"}});
    return exit_ok;
  }
  Json json{{"ready", counts->ready},
            {"taken", counts->taken},
            {"delayed", counts->delayed},
            {"returning", counts->returning},
            {"dead", counts->dead}};
  if (counts->first) json["first"] = to_json(*counts->first);
  print_json(json);
  return exit_ok;
}

struct DeadFlags {
  std::string name, revive, discard;
};

int run_dead(Session& session, const DeadFlags& flags) {
  if (flags.revive.empty() && flags.discard.empty()) return run_list(session, flags.name, {ItemState::dead});
  WorkQueue queue(session.client(), flags.name);
  const Wait patience{session.timeout(), {}};
  const std::string& id = flags.revive.empty() ? flags.discard : flags.revive;
  const auto done = flags.revive.empty() ? queue.discard(id, patience) : queue.revive(id, patience);
  if (!done) return report(done.error());
  if (!*done) return nothing_to_take("no item '" + id + "' is dead");
  if (session.json())
    print_json({{"id", id}, {flags.revive.empty() ? "discarded" : "revived", true}});
  else
    std::puts("OK");
  return exit_ok;
}

// --- The command line
// ----------------------------------------------------------------------------------------------------------------------

void add_push(CLI::App& queue, Run& run) {
  auto flags = std::make_shared<PushFlags>();
  CLI::App* push = queue.add_subcommand("push", "Put an item in; its id is printed. Without BODY it is read from standard input");
  push->add_option("NAME", flags->name, "the queue")->required();
  push->add_option("BODY", flags->body, "what is to be done");
  push->add_option("--id", flags->options.id, "nothing is done while an item with this id is in the queue");
  push->add_option("--priority", flags->options.priority, "0 to 99, the greater first")->capture_default_str();
  push->add_option("--attempts", flags->options.attempts_max, "it is dead when it came back so often")->capture_default_str();
  push->add_option("--delay", flags->delay, "not handed out before; 2s to 24h");
  push->callback([flags, &run] { run = [flags](Session& session) { return run_push(session, *flags); }; });
}

void add_pop(CLI::App& queue, Run& run) {
  auto flags = std::make_shared<PopFlags>();
  CLI::App* pop =
      queue.add_subcommand("pop", "Take an item: work on it with COMMAND, or print a handle for ack and reject, and the body");
  add_take_flags(*pop, flags->take, true);
  pop->remove_option(pop->get_option("--note"));  // nobody sees it
  pop->add_option("--hold-for", flags->hold_for,
                  "without COMMAND: the item comes back after this time if it was not acknowledged; 'lease renew' with the number "
                  "that the handle begins with prolongs it; 2s at least")
      ->capture_default_str();
  pop->add_option("--retry-after", flags->retry_after, "with COMMAND: when an item comes back that the command failed on");
  pop->add_flag("--repeat", flags->repeat, "with COMMAND: one item after the other, until interrupted");
  pop->add_option("COMMAND", flags->take.command,
                  "after --: run with the body on its standard input and CONCLAVE_ITEM, CONCLAVE_ATTEMPT, CONCLAVE_ATTEMPTS_MAX, "
                  "CONCLAVE_TOKEN and CONCLAVE_GUARD in its environment; exit code 0 acknowledges the item, any other rejects it");
  pop->callback([flags, &run] { run = [flags](Session& session) { return run_pop(session, *flags); }; });
}

void add_settle(CLI::App& queue, Run& run, bool good) {
  auto flags = std::make_shared<SettleFlags>();
  CLI::App* settle = good ? queue.add_subcommand("ack", "The item is done; exit 3 if it is another's meanwhile")
                          : queue.add_subcommand("reject", "The item comes back, or is dead; exit 3 if it is another's meanwhile");
  settle->add_option("NAME", flags->name, "the queue")->required();
  settle->add_option("HANDLE", flags->handle, "what pop printed first")->required();
  if (!good) {
    settle->add_option("--delay", flags->delay, "not handed out again before; 2s to 24h");
    settle->add_option("--why", flags->why, "kept with the item");
  }
  settle->callback([flags, good, &run] { run = [flags, good](Session& session) { return run_settle(session, *flags, good); }; });
}

void add_lists(CLI::App& queue, Run& run) {
  auto listed = std::make_shared<std::string>();
  CLI::App* list = queue.add_subcommand("list", "List what waits, is taken or is delayed");
  list->add_option("NAME", *listed, "the queue")->required();
  list->callback([listed, &run] {
    run = [listed](Session& session) { return run_list(session, *listed, {ItemState::taken, ItemState::ready}); };
  });

  auto counted = std::make_shared<std::string>();
  CLI::App* counts = queue.add_subcommand("count", "Count the items by state");
  counts->add_option("NAME", *counted, "the queue")->required();
  counts->callback([counted, &run] { run = [counted](Session& session) { return run_counts(session, *counted); }; });

  auto flags = std::make_shared<DeadFlags>();
  CLI::App* dead = queue.add_subcommand("dead", "List items that came back too often, or dispose of one");
  dead->add_option("NAME", flags->name, "the queue")->required();
  auto* revive = dead->add_option("--revive", flags->revive, "the item with this id waits again, with no attempt counted");
  dead->add_option("--discard", flags->discard, "the item with this id is forgotten")->excludes(revive);
  dead->callback([flags, &run] { run = [flags](Session& session) { return run_dead(session, *flags); }; });
}

}  // namespace

void add_queue(CLI::App& app, Run& run) {
  CLI::App* queue = app.add_subcommand("queue", "Push, take and watch over the items of a work queue");
  queue->require_subcommand(1);
  add_push(*queue, run);
  add_pop(*queue, run);
  add_settle(*queue, run, true);
  add_settle(*queue, run, false);
  add_lists(*queue, run);
}

}  // namespace conclave::ctl
