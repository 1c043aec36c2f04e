#include "conclave/app/options.hpp"

#include <fstream>

#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

using namespace conclave;
using namespace conclave::app;

namespace {

Parsed parse(std::vector<std::string> arguments) { return parse_options(arguments, "9.9"); }

std::string file_with(const test::ScratchDir& dir, const std::string& text) {
  const auto path = dir.path() / "conclaved.toml";
  std::ofstream(path) << text;
  return path.string();
}

}  // namespace

TEST_CASE("without arguments conclaved is a single member on 127.0.0.1:7400") {
  const Parsed parsed = parse({});
  REQUIRE(parsed.options.has_value());
  CHECK(parsed.options->listen_client == "127.0.0.1:7400");
  CHECK(parsed.options->advertise_client == "127.0.0.1:7400");
  CHECK(parsed.options->data_dir == "conclave.data");
  CHECK(parsed.options->initial_cluster == std::vector<InitialMember>{{"default", "127.0.0.1:7401"}});
}

TEST_CASE("a wrong value names the flag, the value and what is allowed, and exits 2") {
  struct Case {
    std::vector<std::string> arguments;
    std::string flag, value, allowed;
  };
  const std::vector<Case> cases = {
      {{"--listen-client", "7400"}, "--listen-client", "'7400'", "HOST:PORT"},
      {{"--heartbeat-interval", "100"}, "--heartbeat-interval", "'100'", "10ms to 10s"},
      {{"--election-timeout", "1h"}, "--election-timeout", "'1h'", "50ms to 1m"},
      {{"--election-timeout", "200ms"}, "--election-timeout", "'200ms'", "300ms"},
      {{"--max-request-bytes", "4MB"}, "--max-request-bytes", "'4MB'", "4KiB to 1536KiB"},
      {{"--quota-bytes", "99999999999999999999"}, "--quota-bytes", "'99999999999999999999'", "1MiB to 1TiB"},
      {{"--snapshot-entries", "-1"}, "--snapshot-entries", "'-1'", "100 to 1000000000"},
      {{"--log-level", "loud"}, "--log-level", "'loud'", "debug, info, warning, error"},
      {{"--log-format", "xml"}, "--log-format", "'xml'", "text, json"},
      {{"--name", "a/b"}, "--name", "'a/b'", "1 to 64 letters"},
      {{"--initial-cluster", "n1=127.0.0.1:1,n1=127.0.0.1:2"}, "--initial-cluster", "n1=127.0.0.1:1,n1", "no name twice"},
      {{"--name", "n9", "--initial-cluster", "n1=127.0.0.1:1"}, "--name", "'n9'", "n1"},
      {{"--listen-client", "0.0.0.0:7400"}, "--listen-client", "'0.0.0.0:7400'", "--advertise-client"},
      {{"--cert-file", "c.pem"}, "--key-file", "''", "--cert-file"},
      {{"--listen-http", "7402"}, "--listen-http", "'7402'", "HOST:PORT"},
      {{"--listen-http", "0.0.0.0:7402"}, "--listen-http", "'0.0.0.0:7402'", "--advertise-http"},
      {{"--advertise-http", "h:1"}, "--advertise-http", "'h:1'", "--listen-http"},
      {{"--cors", "*"}, "--cors", "'*'", "--listen-http"},
      {{"--listen-http", "h:1", "--cors", "page.example"}, "--cors", "'page.example'", "http(s)://"},
      {{"--client-cert-auth"}, "--cert-file", "''", "--client-cert-auth"},
      {{"--peer-cert-file", "c.pem", "--peer-key-file", "k.pem"}, "--peer-trusted-ca-file", "''", "--peer-cert-file"},
  };
  for (const Case& wrong : cases) {
    const Parsed parsed = parse(wrong.arguments);
    INFO(parsed.output);
    CHECK_FALSE(parsed.options.has_value());
    CHECK(parsed.exit_code == 2);
    CHECK(parsed.output.find(wrong.flag) != std::string::npos);
    CHECK(parsed.output.find(wrong.value) != std::string::npos);
    CHECK(parsed.output.find(wrong.allowed) != std::string::npos);
  }
}

TEST_CASE("an unknown flag is refused by name with exit 2") {
  const Parsed parsed = parse({"--colour", "red"});
  CHECK(parsed.exit_code == 2);
  CHECK(parsed.output.find("--colour") != std::string::npos);
}

TEST_CASE("the TOML file has the same keys and a flag wins over it") {
  const test::ScratchDir dir;
  const std::string path =
      file_with(dir, "name = \"n2\"\nelection-timeout = \"2s\"\nsnapshot-entries = 5000\nlog-format = \"json\"\n");
  const Parsed parsed = parse({"--config", path, "--election-timeout", "3s"});
  INFO(parsed.output);
  REQUIRE(parsed.options.has_value());
  CHECK(parsed.options->name == "n2");
  CHECK(parsed.options->election_timeout == seconds(3));
  CHECK(parsed.options->snapshot_entries == 5000);
  CHECK(parsed.options->log_format == LogFormat::json);
}

TEST_CASE("a wrong key or value in the TOML file is refused by name") {
  const test::ScratchDir dir;
  CHECK(parse({"--config", file_with(dir, "colour = 1\n")}).output.find("'colour'") != std::string::npos);
  CHECK(parse({"--config", file_with(dir, "log-level = \"loud\"\n")}).output.find("--log-level: 'loud'") != std::string::npos);
  CHECK(parse({"--config", file_with(dir, "name = [1]\n")}).output.find("'name'") != std::string::npos);
  CHECK(parse({"--config", file_with(dir, "name = \n")}).exit_code == 2);
  CHECK(parse({"--config", "/nowhere/conclaved.toml"}).exit_code == 2);
}

TEST_CASE("a member takes its peer address from the initial cluster") {
  const Parsed parsed =
      parse({"--name", "n2", "--initial-cluster", "n2=10.0.0.2:7401,n1=10.0.0.1:7401", "--listen-peer", "0.0.0.0:7401"});
  INFO(parsed.output);
  REQUIRE(parsed.options.has_value());
  CHECK(parsed.options->advertise_peer == "10.0.0.2:7401");
  CHECK(parsed.options->initial_cluster.front().name == "n1");
}

TEST_CASE("help and version exit 0, and help names every flag with its default") {
  const Parsed help = parse({"--help"});
  CHECK(help.exit_code == 0);
  for (const char* flag : {"--name",
                           "--data-dir",
                           "--listen-client",
                           "--listen-peer",
                           "--advertise-client",
                           "--advertise-peer",
                           "--initial-cluster",
                           "--cluster-token",
                           "--cert-file",
                           "--key-file",
                           "--trusted-ca-file",
                           "--client-cert-auth",
                           "--peer-cert-file",
                           "--peer-key-file",
                           "--peer-trusted-ca-file",
                           "--heartbeat-interval",
                           "--election-timeout",
                           "--snapshot-entries",
                           "--max-request-bytes",
                           "--history-retention",
                           "--history-bytes",
                           "--quota-bytes",
                           "--log-level",
                           "--log-format",
                           "--config",
                           "--version"}) {
    CHECK(help.output.find(flag) != std::string::npos);
  }
  CHECK(parse({"--version"}).output == "conclaved 9.9\n");
}
