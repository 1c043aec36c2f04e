#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "conclave/recipes/barrier.hpp"
#include "held.hpp"

namespace conclave::ctl {
namespace {

using recipes::Counter;
using recipes::Latch;
using recipes::Wait;

int print_number(const Session& session, const Result<std::int64_t>& number) {
  if (!number) return report(number.error());
  session.json() ? print_json({{"value", *number}}) : static_cast<void>(std::printf("%lld\n", static_cast<long long>(*number)));
  return exit_ok;
}

// --- counter
// -------------------------------------------------------------------------------------------------------------------------------

struct CounterFlags {
  std::string name;
  std::int64_t initial = 0;
  std::int64_t number = 0;
};
using CounterPtr = std::shared_ptr<CounterFlags>;

CLI::App* add_counter_verb(CLI::App& counter, Run& run, const char* name, const char* text, const CounterPtr& flags,
                           Result<std::int64_t> (*ask)(Counter&, std::int64_t, const Wait&)) {
  CLI::App* verb = counter.add_subcommand(name, text);
  verb->add_option("NAME", flags->name, "the counter")->required();
  verb->add_option("--initial", flags->initial, "where one begins that nobody used")->capture_default_str();
  verb->callback([flags, ask, &run] {
    run = [flags, ask](Session& session) {
      Counter it(session.client(), flags->name, flags->initial);
      return print_number(session, ask(it, flags->number, {session.timeout(), {}}));
    };
  });
  return verb;
}

// --- latch
// ---------------------------------------------------------------------------------------------------------------------------------

struct LatchFlags {
  std::string name;
  std::uint32_t count = 1;
  std::uint32_t by = 1;
  std::optional<std::string> wait;
};
using LatchPtr = std::shared_ptr<LatchFlags>;

int run_count_down(Session& session, const LatchFlags& flags) {
  return print_number(session, Latch(session.client(), flags.name, flags.count).count_down(flags.by, {session.timeout(), {}}));
}
int run_reset(Session& session, const LatchFlags& flags) {
  return told(session, Latch(session.client(), flags.name, flags.count).reset(flags.count, {session.timeout(), {}}), "reset");
}
int run_latch_wait(Session& session, const LatchFlags& flags) {
  const auto timeout = parse_wait(flags.wait);
  if (!timeout) return report(timeout.error());
  const auto events = begin_waiting();
  Latch latch(session.client(), flags.name, flags.count);
  return wait_for_gate(session, events, "/conclave/latch/" + flags.name, "the latch '" + flags.name + "'", *timeout,
                       [&](auto done, Wait wait) { latch.wait(std::move(done), wait); });
}

CLI::App* add_latch_verb(CLI::App& latch, Run& run, const char* name, const char* text, const LatchPtr& flags,
                         int (*work)(Session&, const LatchFlags&)) {
  CLI::App* verb = latch.add_subcommand(name, text);
  verb->add_option("NAME", flags->name, "the latch")->required();
  verb->callback([flags, work, &run] { run = [flags, work](Session& session) { return work(session, *flags); }; });
  return verb;
}
void add_count(CLI::App& verb, LatchFlags& flags) {
  verb.add_option("--count", flags.count, "where one begins that nobody counted down yet")->capture_default_str();
}

}  // namespace

void add_number(CLI::App& app, Run& run) {
  CLI::App* counter = app.add_subcommand("counter", "A number that programs add to, each addition once; prints the number");
  counter->require_subcommand(1);
  const auto number = std::make_shared<CounterFlags>();
  add_counter_verb(*counter, run, "get", "Read it", number,
                   [](Counter& it, std::int64_t, const Wait& wait) { return it.get(wait); });
  add_counter_verb(*counter, run, "add", "Add to it; what is printed is the number right after", number,
                   [](Counter& it, std::int64_t delta, const Wait& wait) { return it.add(delta, wait); })
      ->add_option("DELTA", number->number, "may be negative")
      ->required();
  add_counter_verb(*counter, run, "set", "Set it", number,
                   [](Counter& it, std::int64_t value, const Wait& wait) -> Result<std::int64_t> {
                     if (const auto done = it.set(value, wait); !done) return fail(done.error());
                     return value;
                   })
      ->add_option("VALUE", number->number, "the number")
      ->required();

  CLI::App* latch =
      app.add_subcommand("latch", "A gate that opens when it was counted down to zero, and stays open until it is reset");
  latch->require_subcommand(1);
  const auto flags = std::make_shared<LatchFlags>();
  CLI::App* down = add_latch_verb(*latch, run, "count-down", "Count down; prints what is left", flags, run_count_down);
  down->add_option("--by", flags->by, "how many at once")->capture_default_str();
  add_count(*down, *flags);
  CLI::App* wait = add_latch_verb(*latch, run, "wait", "End when it is open", flags, run_latch_wait);
  wait->add_option("--wait", flags->wait, "so long at most, then exit 3; without it as long as it takes");
  add_count(*wait, *flags);
  add_latch_verb(*latch, run, "reset", "Begin again", flags, run_reset)
      ->add_option("COUNT", flags->count, "where it begins")
      ->required();
}

}  // namespace conclave::ctl
