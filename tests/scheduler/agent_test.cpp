#include <csignal>
#include <fstream>
#include <sstream>

#include "conclave/test/catch.hpp"
#include "park.hpp"

namespace conclave::test {

using nlohmann::json;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

ParkOptions small() {
  ParkOptions options;
  options.members = 1;
  options.agents = 1;
  return options;
}

}  // namespace

TEST_CASE("what an agent left running goes on when it is started again, and is reported once") {
  Park park(small());
  park.submit("job", "echo begin >> \"$PARK/said\"; sleep 2; echo end >> \"$PARK/said\"");
  REQUIRE(park.await_phase("job", "running"));
  park.kill_agent(0);
  park.start_agent(0);
  CHECK(park.await_phase("job", "succeeded"));
  CHECK(park.job("job")["epoch"] == 1);
  CHECK(text_of(park.directory() / "said") == "begin\nend\n");
}

TEST_CASE("what runs on an agent that is dead ends before its lease can") {
  Park park(small());
  park.submit("job", "while true; do date +%s%N > \"$PARK/alive\"; sleep 0.05; done");
  REQUIRE(park.await_phase("job", "running"));
  park.kill_agent(0);
  CHECK(await(std::chrono::seconds(20), [&] { return park.look({"agents"})["agents"][0]["state"] == "lost"; }));
  const std::string last = text_of(park.directory() / "alive");
  CHECK_FALSE(await(std::chrono::milliseconds(300), [&] { return text_of(park.directory() / "alive") != last; }));
}

TEST_CASE("a job that is cancelled is asked to end, and what it left behind is killed") {
  Park park(small());
  park.submit("job", "trap 'echo asked > \"$PARK/asked\"; exit 0' TERM; setsid sleep 1000 & echo $! > \"$PARK/child\"; wait; wait");
  REQUIRE(await(std::chrono::seconds(20), [&] { return !text_of(park.directory() / "child").empty(); }));
  CHECK(park.verb({"cancel", "job"}).code == 0);
  CHECK(park.await_phase("job", "cancelled"));
  CHECK(text_of(park.directory() / "asked") == "asked\n");
  const pid_t child = std::stoi(text_of(park.directory() / "child"));
  CHECK(await(std::chrono::seconds(5), [&] { return ::kill(child, 0) != 0; }));
}

TEST_CASE("a run has its environment, its directory, its limits and a bounded output") {
  Park park(small());
  park.submit("env", "echo $CONCLAVE_JOB $CONCLAVE_EPOCH $CONCLAVE_AGENT $A; pwd", {"--env", "A=b", "--directory", "/"});
  CHECK(park.await_phase("env", "succeeded"));
  CHECK(park.verb({"logs", "env"}).out == "env 1 a0 b\n/\n");
  park.submit("loud", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last");
  CHECK(park.await_phase("loud", "succeeded"));
  const std::string out = park.verb({"logs", "loud"}).out;
  CHECK(out.starts_with("[... 2995910 bytes left out ...]\n"));
  CHECK(out.ends_with("x\nlast\n"));
  park.submit("big", "exec python3 -c 'x = bytearray(400 << 20)'", {"--memory-mib", "200", "--attempts", "1"});
  CHECK(park.await_phase("big", "dead"));
  CHECK(park.job("big")["reason"] == "exit code 1");
  park.submit("long", "sleep 100", {"--timeout-ms", "300", "--attempts", "1"});
  CHECK(park.await_phase("long", "dead"));
  CHECK(park.job("long")["reason"] == "it took longer than its timeout");
  park.submit("none", "true", {"--directory", "/nonexistent", "--attempts", "1"});
  CHECK(park.await_phase("none", "dead"));
  CHECK(park.job("none")["reason"] == "sh in /nonexistent cannot be started: No such file or directory");
}

TEST_CASE("an agent that is drained ends its work or gives it back, and one that is asked to end leaves nothing") {
  ParkOptions options = small();
  options.agents = 2;
  Park park(options);
  CHECK(park.verb({"drain", "a1"}).code == 0);
  park.submit("job", "sleep 30");
  REQUIRE(park.await_phase("job", "running"));
  CHECK(park.job("job")["agent"] == "a0");
  CHECK(park.verb({"undrain", "a1"}).code == 0);
  CHECK(park.verb({"undrain", "a1"}).code == 3);
  CHECK(park.verb({"drain", "a0", "--within", "0.2"}).code == 0);
  CHECK(await(std::chrono::seconds(20), [&] { return park.job("job")["agent"] == "a1" && park.job("job")["phase"] == "running"; }));
  CHECK(park.verb({"undrain", "a0"}).code == 0);
  CHECK(park.agent(1).terminate(std::chrono::seconds(20)) == 0);
  CHECK(await(std::chrono::seconds(20), [&] { return park.job("job")["agent"] == "a0" && park.job("job")["phase"] == "running"; }));
}

TEST_CASE("work is submitted from files, once under a key, and refused with what is wrong and where") {
  Park park(small());
  const std::string two = R"({"idempotency_key": "k", "jobs": [{"id": "a", "command": ["true"]},
    {"id": "b", "command": ["true"], "after": ["a"]}]})";
  CHECK(park.verb({"submit", "-f", "-"}, two).out == "a\nb\n");
  const Ran again = park.verb({"submit", "-f", "-"}, two);
  CHECK(again.out == "a\nb\n");
  CHECK(again.code == 0);
  CHECK(park.await_phase("b", "succeeded"));
  const Ran other = park.verb({"submit", "-f", "-"}, R"({"idempotency_key": "k", "command": ["true"]})");
  CHECK(other.code == 3);
  CHECK(other.err.find("idempotency_key: it was used for another submission") != std::string::npos);
  const Ran taken = park.verb({"submit", "--id", "a", "--", "true"});
  CHECK(taken.code == 3);
  CHECK(taken.err.find("id: there is a job 'a'") != std::string::npos);
  const Ran unknown = park.verb({"submit", "--id", "c", "--after", "z", "--", "true"});
  CHECK(unknown.code == 3);
  CHECK(unknown.err.find("after: there is no job 'z'") != std::string::npos);
  std::ofstream(park.directory() / "job.toml") << "id = \"t\"\ncommand = [\"true\"]\n[resources]\nslots = -1\n";
  const Ran negative = park.verb({"submit", "-f", (park.directory() / "job.toml").string()});
  CHECK(negative.code == 2);
  CHECK(negative.err.find("resources.slots: it is negative") != std::string::npos);
  CHECK(park.verb({"discard", "b"}).code == 0);
  CHECK(park.verb({"show", "b"}).code == 3);
  CHECK(park.verb({"retry", "a"}).code == 3);
}

}  // namespace conclave::test
