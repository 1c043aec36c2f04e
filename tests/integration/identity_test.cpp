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

TEST_CASE("a member whose directory is lost for good is replaced by a command and votes again") {
  Cluster cluster(3);
  cluster.await_leader();
  REQUIRE(await(seconds(20), [&] { return contains(cluster.log_of(0), "with_known_directory=3"); }));
  const std::size_t lost = (cluster.await_leader() + 1) % 3;
  const std::string name = "n" + std::to_string(lost + 1);
  REQUIRE(cluster.ctl({"put", "before", "1"}).code == 0);
  cluster.kill(lost);
  std::filesystem::remove_all(cluster.directory() / name);
  CHECK(contains(run(cluster.command_of(lost)).err, "conclavectl member replace " + name));

  CHECK(cluster.ctl({"member", "replace", name}).code == 0);
  cluster.start(lost);
  CHECK(await(seconds(30), [&] {
    const Ran list = cluster.ctl({"member", "list"});
    return list.code == 0 && !contains(list.out, "learner") && contains(list.out, name);
  }));
  const Ran got = run({program("conclavectl"), "--endpoints", cluster.endpoint(lost), "get", "before", "--print-value-only"});
  CHECK(got.out == "1\n");
  // Its vote counts: with one of the others gone, the two go on.
  cluster.kill((lost + 1) % 3);
  CHECK(cluster.ctl({"put", "after", "2"}).code == 0);
}

TEST_CASE("a member is added to a running cluster and removed again") {
  Cluster cluster(3);
  const std::size_t leader = cluster.await_leader();
  const ScratchDir scratch;
  const auto client_port = free_port();
  const auto peer_port = free_port();
  const std::string peer = "127.0.0.1:" + std::to_string(peer_port);
  auto command = with(with(cluster.command_of(0), "--name", "n4"), "--data-dir", (scratch.path() / "n4").string());
  command = with(with(command, "--listen-client", "127.0.0.1:" + std::to_string(client_port)), "--listen-peer", peer);
  command.insert(command.end(), {"--join"});
  const Ran known = cluster.ctl({"member", "add", "n4=" + peer});
  INFO(known.err);
  REQUIRE(known.code == 0);
  CHECK(cluster.ctl({"member", "add", "n1=" + peer}).code == 1);
  CHECK(cluster.ctl({"member", "add", "n4"}).code == 2);
  Process added(command, (scratch.path() / "n4.log").string());
  REQUIRE(await(seconds(30), [&] {
    const Ran list = cluster.ctl({"member", "list"});
    return list.code == 0 && contains(list.out, "n4") && !contains(list.out, "learner");
  }));
  const std::string endpoint = "127.0.0.1:" + std::to_string(client_port);
  CHECK(run({program("conclavectl"), "--endpoints", endpoint, "put", "through", "n4"}).code == 0);

  CHECK(contains(cluster.ctl({"member", "remove", "n" + std::to_string(leader + 1)}).err, "move the leadership"));
  CHECK(cluster.ctl({"member", "remove", "n4"}).code == 0);
  CHECK_FALSE(contains(cluster.ctl({"member", "list"}).out, "n4"));
  CHECK(cluster.ctl({"put", "after", "1"}).code == 0);
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
