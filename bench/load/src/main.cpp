#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>

#include "runs.hpp"

using namespace conclave::bench;

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(
      "conclave-bench puts a load on a conclave cluster and says how many operations were done and how long they took.\n"
      "Only run it against a cluster whose data you can lose: it writes keys below --prefix and does not clean up.",
      "conclave-bench");
  app.set_version_flag("--version", "conclave-bench " CONCLAVE_VERSION);
  app.footer("Workloads:\n" + describe_workloads() +
             "\nExit codes: 0 done; 1 failed, or no operation succeeded; 2 wrong usage.\n\n"
             "  conclave-bench put --clients 256 --endpoints 127.0.0.1:7400,127.0.0.1:7410,127.0.0.1:7420\n"
             "  conclave-bench get --clients 64 --rate 20000 --json");
  Options options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (const auto good = finish(options); !good) {
    std::fprintf(stderr, "conclave-bench: %s\n", good.error().context.c_str());
    return 2;
  }
  const auto outcome = run(options);
  if (!outcome) {
    std::fprintf(stderr, "conclave-bench: %s\n", outcome.error().message().c_str());
    return 1;
  }
  std::printf("%s\n", (options.json ? to_json(options, *outcome) : to_text(options, *outcome)).c_str());
  return outcome->operations == 0 ? 1 : 0;
}
