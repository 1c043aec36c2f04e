#include <CLI/CLI.hpp>
#include <csignal>
#include <map>

#include "commands.hpp"

using namespace conclave::ctl;

namespace {

void add_global_flags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--endpoints", flags.endpoints, "HOST:PORT of members, comma-separated")
      ->envname("CONCLAVECTL_ENDPOINTS")
      ->capture_default_str();
  app.add_option("--cacert", flags.ca_file, "PEM file of who signed the servers' certificates; turns TLS on")
      ->envname("CONCLAVECTL_CACERT");
  app.add_option("--cert", flags.cert_file, "PEM file of the client's certificate")->envname("CONCLAVECTL_CERT");
  app.add_option("--key", flags.key_file, "PEM file of the client's key")->envname("CONCLAVECTL_KEY");
  app.add_option("--server-name", flags.server_name,
                 "the name to expect in the servers' certificates instead of the endpoint's host");
  app.add_option("--timeout", flags.timeout, "how long a request may take: 500ms, 5s, 2m")
      ->envname("CONCLAVECTL_TIMEOUT")
      ->capture_default_str();
  app.add_option("-w,--write-out", flags.format, "simple or json")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Format>{{"simple", Format::simple}, {"json", Format::json}}))
      ->default_str("simple");
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(
      "conclavectl talks to a conclave cluster.\n"
      "Exit codes: 0 done, 1 failed (standard error says if definite or unknown), 2 wrong usage, 3 a condition did not hold.",
      "conclavectl");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "conclavectl " CONCLAVE_VERSION);
  GlobalFlags flags;
  Run run;
  add_global_flags(app, flags);
  add_put(app, run);
  add_get(app, run);
  add_del(app, run);
  add_txn(app, run);
  add_watch(app, run);
  add_lease(app, run);
  add_cluster(app, run);
  add_lock(app, run);
  add_elect(app, run);
  add_queue(app, run);
  add_barrier(app, run);
  add_number(app, run);
  add_reboot(app, run);
  add_service(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  if (const auto timeout = parse_duration(flags.timeout); !timeout) return usage_error("--timeout: " + timeout.error().context);
  if (split_commas(flags.endpoints).empty()) return usage_error("--endpoints names no endpoint");
  Session session(flags);
  return run(session);
}
