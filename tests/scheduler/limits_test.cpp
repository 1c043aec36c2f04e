#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "conclave/test/catch.hpp"
#include "park.hpp"

namespace conclave::test {

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// What a kernel shows of a group; the files that it would make come with the first write.
void make_group(const std::filesystem::path& path) {
  std::filesystem::create_directory(path);
  std::ofstream(path / "cgroup.controllers") << "cpuset cpu io memory pids\n";
  std::ofstream(path / "cgroup.subtree_control");
}

ParkOptions one_agent(std::vector<std::string> agent_flags) {
  ParkOptions options;
  options.members = 1;
  options.agents = 1;
  options.agent_flags = std::move(agent_flags);
  return options;
}

}  // namespace

TEST_CASE("a run enters a control group of its own that has its limits") {
  Park park(one_agent({"--cgroup", "none"}));
  CHECK(text_of(park.directory() / "a0.log").find("limited by rlimits") != std::string::npos);
  make_group(park.directory() / "groups");
  park.kill_agent(0);
  park.set_agent_flags({"--cgroup", "DIR/groups", "--pids-max", "64"});
  park.start_agent(0);
  // The kernel would count what it had to kill in a file of the group.
  park.submit("job", "ulimit -v; echo 'oom 1\noom_kill 1' > \"$PARK/groups/run-job@1/memory.events\"; exit 1",
              {"--memory-mib", "64", "--cpu-milli", "500", "--attempts", "1"});
  REQUIRE(park.await_phase("job", "dead"));
  CHECK(park.job("job")["reason"] == "it needed more than its 64 MiB of memory");
  CHECK(park.verb({"logs", "job"}).out == "unlimited\n");
  const auto group = park.directory() / "groups" / "run-job@1";
  CHECK(text_of(group / "memory.max") == "67108864");
  CHECK(text_of(group / "memory.oom.group") == "1");
  CHECK(text_of(group / "cpu.max") == "50000 100000");
  CHECK(text_of(group / "pids.max") == "64");
  CHECK(text_of(group / "cgroup.procs") == "0");
  CHECK(text_of(park.directory() / "groups" / "cgroup.subtree_control").starts_with("+pids"));
  CHECK(text_of(park.directory() / "a0.log").find("groups: cpu, memory, pids") != std::string::npos);
}

TEST_CASE("an agent refuses a control group that is none") {
  Park park(one_agent({}));
  const Ran ran = park.verb({"agent", "--state", (park.directory() / "other").string(), "--cgroup", park.directory().string()});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("is no control group of version 2") != std::string::npos);
}

TEST_CASE("what a run leaves behind ends with it") {
  // With a real group, CONCLAVE_TEST_CGROUP names it, the kernel's own bookkeeping is what ends it.
  const char* const real = std::getenv("CONCLAVE_TEST_CGROUP");
  Park park(one_agent({"--cgroup", real != nullptr ? real : "none"}));
  park.submit("job", "setsid sh -c 'echo $$ > \"$PARK/child\"; sleep 1000' & wait", {"--attempts", "1"});
  REQUIRE(await(std::chrono::seconds(20), [&] { return !text_of(park.directory() / "child").empty(); }));
  const pid_t child = std::stoi(text_of(park.directory() / "child"));
  if (real != nullptr) {
    const pid_t keeper = std::stoi(text_of(park.directory() / "a0" / "runs" / "job@1" / "keeper"));
    ::kill(keeper, SIGKILL);
  } else {
    CHECK(park.verb({"cancel", "job"}).code == 0);
  }
  CHECK(await(std::chrono::seconds(10), [&] { return ::kill(child, 0) != 0; }));
  if (real != nullptr)
    CHECK(await(std::chrono::seconds(5), [&] { return !std::filesystem::exists(std::filesystem::path(real) / "run-job@1"); }));
  CHECK(await(std::chrono::seconds(10), [&] { return park.agent_row(0)["jobs"] == 0 || park.job("job")["epoch"] == 2; }));
}

}  // namespace conclave::test
