#include <csignal>
#include <filesystem>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using std::chrono::seconds;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The command line of a member with another value for one flag.
std::vector<std::string> with(std::vector<std::string> command, const std::string& flag, const std::string& value) {
  for (std::size_t i = 0; i + 1 < command.size(); ++i) {
    if (command[i] == flag) command[i + 1] = value;
  }
  return command;
}

}  // namespace

TEST_CASE("a data directory of another member or another cluster, or in use, is refused with those words") {
  Cluster cluster(3);
  cluster.await_leader();
  const auto command = cluster.command_of(0);
  const Ran in_use = run(command);
  CHECK(in_use.code == 1);
  CHECK(contains(in_use.err, "another process"));
  cluster.kill(0);
  const Ran other_member = run(with(cluster.command_of(1), "--data-dir", (cluster.directory() / "n1").string()));
  CHECK(other_member.code == 1);
  CHECK(contains(other_member.err, "another member"));
  auto other = command;
  other.insert(other.end(), {"--cluster-token", "other"});
  const Ran other_cluster = run(other);
  CHECK(other_cluster.code == 1);
  CHECK((contains(other_cluster.err, "another cluster") || contains(other_cluster.err, "another member")));
}

TEST_CASE("a member whose directory was lost is refused while its cluster knows it, and comes back with the old one") {
  Cluster cluster(3);
  cluster.await_leader();
  REQUIRE(await(seconds(20), [&] { return contains(cluster.log_of(0), "with_known_directory=3"); }));
  cluster.kill(2);
  const auto data = cluster.directory() / "n3";
  const auto aside = cluster.directory() / "n3.aside";
  std::filesystem::rename(data, aside);
  const Ran refused = run(cluster.command_of(2));
  CHECK(refused.code == 1);
  CHECK(contains(refused.err, "knows this member with another data directory"));
  std::filesystem::remove_all(data);
  std::filesystem::rename(aside, data);
  cluster.start(2);
  CHECK(run({program("conclavectl"), "--endpoints", cluster.endpoint(2), "put", "back", "1"}).code == 0);
}

TEST_CASE("a leader that is asked to stop hands over first and exits 0") {
  Cluster cluster(3);
  const std::size_t leader = cluster.await_leader();
  CHECK(cluster.process(leader).terminate(seconds(10)) == 0);
  CHECK(contains(cluster.log_of(leader), "stopped"));
  cluster.kill(leader);
  CHECK(cluster.await_leader() != leader);
  CHECK(cluster.ctl({"put", "a", "1"}).code == 0);
}

TEST_CASE("conclaved says what is wrong with its arguments and exits 2") {
  const Ran wrong = run({program("conclaved"), "--heartbeat-interval", "soon"});
  CHECK(wrong.code == 2);
  CHECK(contains(wrong.err, "--heartbeat-interval: 'soon' is not allowed"));
  CHECK(run({program("conclaved"), "--version"}).out.rfind("conclaved ", 0) == 0);
}
