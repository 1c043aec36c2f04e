#include "program.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "flags.hpp"
#include "interrupt.hpp"

namespace conclave::locksmith::ctl {
namespace {

/// `help` and `help VERB...`, which need no cluster.
int run_help(CLI::App& app, const std::vector<std::string>& verbs) {
  app.clear();  // else it is the help of what was parsed, which is this verb
  const CLI::App* of = &app;
  for (const std::string& verb : verbs) {
    try {
      of = of->get_subcommand(verb);
    } catch (const CLI::OptionNotFound&) {
      return usage_error("there is no verb '" + verb + "'");
    }
  }
  print(of->help());
  return exit_ok;
}

int refuse_words(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> left = app.remaining();
  const bool no_verb = app.get_subcommands().empty() && !left.empty() && error.get_exit_code() != 0;
  if (no_verb) return usage_error("there is no verb '" + left.front() + "'; locksmithctl help lists them");
  return app.exit(error) == 0 ? exit_ok : exit_usage;
}

using Early = std::function<int()>;

void add_verbs(CLI::App& app, Run& run, Early& early, const Ports& ports) {
  add_looks(app, run);
  add_slots(app, run);
  add_reboot(app, run, ports);
  add_policy(app, run);
  add_import(app, run);
  app.add_subcommand("version", "Print the version")->callback([&early] {
    early = [] {
      print("locksmithctl " CONCLAVE_VERSION "\n");
      return exit_ok;
    };
  });
  auto verbs = std::make_shared<std::vector<std::string>>();
  CLI::App* help = app.add_subcommand("help", "Print this, or what a verb takes");
  help->add_option("VERB", *verbs, "a verb");
  help->callback([verbs, &app, &early] { early = [asked = *verbs, &app] { return run_help(app, asked); }; });
}

}  // namespace

int run_program(int argc, const char* const* argv, const Ports& ports) {
  hold_signals();
  CLI::App app(
      "locksmithctl shows and steers which machines of a cluster may reboot.\n"
      "Exit codes: 0 done, 1 failed (standard error says if definite or unknown), 2 wrong usage or input, 3 refused as things are.",
      "locksmithctl");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "locksmithctl " CONCLAVE_VERSION);
  GlobalFlags flags;
  Run run;
  Early early;  ///< of verbs that need no cluster
  add_global_flags(app, flags);
  add_verbs(app, run, early, ports);
  // CLI11 takes the words from the last to the first.
  std::vector<std::string> words = modern_words_of(argc, argv);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return refuse_words(app, error);
  }
  if (early) return early();
  if (const auto filled = fill_from_environment(app, flags); !filled) return report_error(filled.error());
  auto session = Session::open(std::move(flags));
  if (!session) return report_error(session.error());
  release_signals();
  return run(*session);
}

}  // namespace conclave::locksmith::ctl
