#include "conclave/scheduler_core/records.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/scheduler_core/keys.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::scheduler {

TEST_CASE("records are read as they were written") {
  const JobRecord job{Phase::failed, 3, 2, 1, "agent-1", "exit code 7", 500, 1000, 2000};
  CHECK(job_from_json(to_json(job)) == job);
  const AgentRecord agent{{4000, 1024, 8}, {{"disk", "ssd"}}, "17", "host", true, 99};
  CHECK(agent_from_json(to_json(agent)) == agent);
  for (const Stop stop : {Stop::none, Stop::cancel, Stop::give_back}) {
    const AssignRecord assign{job, stop, stop == Stop::none ? "" : "because"};
    CHECK(assign_from_json(to_json(assign)) == assign);
  }
  const RunRecord run{"agent-1", Phase::succeeded, 0, std::nullopt, "", 5, 6, "out", 3};
  CHECK(run_from_json(to_json(run)) == run);
  const RunRecord killed{"agent-1", Phase::failed, std::nullopt, 9, "signal 9", 5, 6, "", 0};
  CHECK(run_from_json(to_json(killed)) == killed);
  const DrainRecord drain{60'000, "kernel"};
  CHECK(drain_from_json(to_json(drain)) == drain);
  const GoneRecord gone{true, 5};
  CHECK(gone_from_json(to_json(gone)) == gone);
  const RefusedRecord refused{7, 5};
  CHECK(refused_from_json(to_json(refused)) == refused);
  const FreezeRecord freeze{3, 10, 5};
  CHECK(freeze_from_json(to_json(freeze)) == freeze);
  const SubmittedRecord submitted{{"a", "b"}, 18446744073709551615ULL};
  CHECK(submitted_from_json(to_json(submitted)) == submitted);
}

TEST_CASE("output that is no text does not spoil a record") {
  RunRecord run{"a", Phase::failed, 1, std::nullopt, "", 5, 6, "\xff\xfe\x80", 3};
  const auto read = run_from_json(to_json(run));
  REQUIRE(read.has_value());
  CHECK(read->exit_code == 1);
}

TEST_CASE("any bytes are read as a record or as none") {
  Prng prng(7);
  const std::string good = to_json(AssignRecord{JobRecord{Phase::assigned, 1, 0, 0, "a", "", 0, 1, 2}, Stop::cancel, "x"});
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (std::uint64_t changes = prng.below(4); changes > 0; --changes)
      text[prng.below(text.size())] = static_cast<char>(prng.below(256));
    if (prng.chance(1, 4)) text.resize(prng.below(text.size()));
    (void)assign_from_json(text);
    (void)job_from_json(text);
    (void)agent_from_json(text);
    (void)run_from_json(text);
    (void)submitted_from_json(text);
  }
  CHECK_FALSE(job_from_json(R"({"phase": "asleep"})").has_value());
  CHECK_FALSE(job_from_json(R"({"phase": 1})").has_value());
  CHECK(job_from_json(R"({"phase": "pending", "epoch": -1, "new": 1})") == JobRecord{});
}

TEST_CASE("a key says what it is about, and another scheduler's says nothing") {
  const Keys keys("batch/night");
  CHECK(std::get<JobKey>(keys.parse(keys.job("a.1"))).job == "a.1");
  CHECK(std::get<SpecKey>(keys.parse(keys.spec("a"))).spec == "a");
  CHECK(std::get<AgentKey>(keys.parse(keys.agent("x"))).agent == "x");
  CHECK(std::get<AssignKey>(keys.parse(keys.assign("x", "a.1"))).agent == "x");
  CHECK(std::get<AssignKey>(keys.parse(keys.assign("x", "a.1"))).job == "a.1");
  CHECK(std::get<RefusedKey>(keys.parse(keys.refused("x"))).agent == "x");
  CHECK(std::holds_alternative<FreezeKey>(keys.parse(keys.freeze())));
  CHECK(std::holds_alternative<OtherKey>(keys.parse(keys.election() + "1")));
  CHECK(std::holds_alternative<OtherKey>(keys.parse(Keys("batch").job("a"))));
  CHECK(std::holds_alternative<OtherKey>(keys.parse(keys.run("a", 1))));
  CHECK(std::holds_alternative<OtherKey>(keys.parse(keys.directory() + "assign/x")));
  CHECK(spec_of(element_of("sweep", 17)) == "sweep");
  CHECK(spec_of("sweep") == "sweep");
}

TEST_CASE("phases go forward within an epoch, and nothing follows success") {
  for (int before = 0; before <= static_cast<int>(Phase::cancelled); ++before) {
    const auto phase = static_cast<Phase>(before);
    CHECK(phase_from(name_of(phase)) == phase);
    CHECK_FALSE(may_follow(phase, phase));
    CHECK_FALSE(may_follow(Phase::succeeded, phase));
    if (phase != Phase::pending) CHECK_FALSE(may_follow(phase, Phase::assigned));
    if (is_active(phase)) CHECK_FALSE(may_follow(phase, Phase::pending));
    if (is_active(phase)) CHECK(may_follow(phase, Phase::lost));
  }
}

}  // namespace conclave::scheduler
