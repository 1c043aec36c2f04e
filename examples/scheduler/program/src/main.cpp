#include <csignal>
#include <cstdio>

#include "keeper.hpp"
#include "verbs.hpp"

using namespace conclave::scheduler;

namespace {

void add_global_flags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--endpoints", flags.endpoints, "HOST:PORT of members, comma-separated")
      ->envname("CONCLAVE_ENDPOINTS")
      ->capture_default_str();
  app.add_option("--cacert", flags.ca_file, "PEM file of who signed the servers' certificates; turns TLS on");
  app.add_option("--cert", flags.cert_file, "PEM file of the client's certificate");
  app.add_option("--key", flags.key_file, "PEM file of the client's key");
  app.add_option("--server-name", flags.server_name,
                 "the name to expect in the servers' certificates instead of the endpoint's host");
  app.add_option("-n,--name", flags.scheduler, "which scheduler of the cluster")
      ->envname("CONCLAVE_SCHEDULER")
      ->capture_default_str();
  app.add_option("--timeout", flags.timeout, "seconds that a request may take")->capture_default_str();
  app.add_flag("--json", flags.json, "print JSON");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc >= 2 && std::string(argv[1]) == "keep") return keep(std::vector<std::string>(argv + 2, argv + argc));
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(
      "conclave-scheduler gives work to machines: at least once, with each change of a job made exactly once.\n"
      "Exit codes: 0 done, 1 failed (standard error says if definite or unknown), 2 wrong usage or input, 3 nothing to do.",
      "conclave-scheduler");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "conclave-scheduler " CONCLAVE_VERSION);
  GlobalFlags flags;
  Verb verb;
  add_global_flags(app, flags);
  add_agent(app, verb);
  add_scheduler(app, verb);
  add_api(app, verb);
  add_submit(app, verb);
  add_looking(app, verb);
  add_logs(app, verb);
  add_changing(app, verb);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  return verb(flags);
}
