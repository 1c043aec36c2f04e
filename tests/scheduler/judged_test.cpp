#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"
#include "park.hpp"

namespace conclave::test {

using nlohmann::json;

namespace {

bool is_full() { return std::getenv("CONCLAVE_TEST_FULL") != nullptr; }

std::size_t files_in(const std::filesystem::path& path) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) count += entry.is_regular_file() ? 1U : 0U;
  return count;
}

/// Holds a lock while it runs, which the kernel takes back when it dies; its effect is a file of its own.
std::string careful_job(const std::string& seconds) {
  return "exec 9>>\"$PARK/lock/$CONCLAVE_JOB\"; "
         "flock -n 9 || { echo \"$CONCLAVE_JOB $CONCLAVE_EPOCH\" >> \"$PARK/overlaps\"; exit 1; }; "
         "sleep " +
         seconds + "; echo \"$CONCLAVE_EPOCH\" > \"$PARK/done/$CONCLAVE_JOB\"";
}

/// Kills the agent that runs a job, and leaves it dead until the job was given to another.
void lose_its_agent(Park& park, const std::string& name) {
  REQUIRE(park.await_phase(name, "running"));
  const std::string agent = park.job(name)["agent"];
  const auto number = static_cast<std::size_t>(std::stoul(agent.substr(1)));
  park.kill_agent(number);
  REQUIRE(await(std::chrono::seconds(30), [&] {
    const json job = park.job(name);
    return job.is_object() && job["epoch"] >= 2;
  }));
  park.start_agent(number);
}

/// Kills one thing, or starts one that was killed before.
class Fate {
 public:
  Fate(Park& park, std::size_t agents, std::size_t schedulers, std::uint64_t seed)
      : park_(park), agents_(agents), schedulers_(schedulers), prng_(seed) {}

  void strike() {
    const std::size_t agent = prng_.below(agents_);
    const std::size_t scheduler = prng_.below(schedulers_);
    if (prng_.chance(2, 3)) {
      if (park_.has_agent(agent))
        park_.kill_agent(agent);
      else
        park_.start_agent(agent);
    } else if (prng_.chance(1, 2)) {
      if (park_.has_scheduler(scheduler))
        park_.kill_scheduler(scheduler);
      else
        park_.start_scheduler(scheduler);
    } else if (!down_) {
      down_ = prng_.below(park_.cluster().size());
      park_.cluster().kill(*down_);
    } else {
      park_.cluster().start(*down_);
      down_.reset();
    }
  }
  void repair() {
    if (down_) park_.cluster().start(*down_);
    down_.reset();
    for (std::size_t i = 0; i < agents_; ++i)
      if (!park_.has_agent(i)) park_.start_agent(i);
    for (std::size_t i = 0; i < schedulers_; ++i)
      if (!park_.has_scheduler(i)) park_.start_scheduler(i);
  }
  [[nodiscard]] Duration some_time() { return prng_.between(milliseconds(50), milliseconds(600)); }

 private:
  Park& park_;
  std::size_t agents_;
  std::size_t schedulers_;
  Prng prng_;
  std::optional<std::size_t> down_;
};

}  // namespace

TEST_CASE("agents, schedulers and members are killed at random, and every job ends with one effect") {
  ParkOptions options;
  options.schedulers = 2;
  options.agents = is_full() ? 10 : 4;
  Park park(options);
  for (const char* name : {"lock", "done"}) std::filesystem::create_directory(park.directory() / name);
  // What is killed below is fate's choice, which may cost no job its run; this one loses it.
  park.submit("unlucky", careful_job("3"), {"--attempts", "5", "--backoff-ms", "100"});
  lose_its_agent(park, "unlucky");
  const std::size_t arrays = is_full() ? 10 : 1;
  const std::size_t submitted = 1 + arrays * 100;
  for (std::size_t i = 0; i < arrays; ++i)
    park.submit("work" + std::to_string(i), careful_job("0.8"), {"--array", "100", "--attempts", "5", "--backoff-ms", "100"});
  Fate fate(park, options.agents, options.schedulers, 17);
  const auto until = std::chrono::steady_clock::now() + (is_full() ? std::chrono::seconds(60) : std::chrono::seconds(10));
  while (std::chrono::steady_clock::now() < until) {
    fate.strike();
    std::this_thread::sleep_for(fate.some_time());  // how long the park is left as it is
  }
  fate.repair();
  std::map<std::string, json> jobs;
  const bool ended = await(std::chrono::seconds(is_full() ? 120 : 60), [&] {
    jobs = park.jobs();
    return jobs.size() == submitted &&
           std::all_of(jobs.begin(), jobs.end(), [](const auto& job) { return is_final(job.second["phase"]); });
  });
  INFO(park.logs());
  std::size_t succeeded = 0;
  std::uint64_t epochs = 0;
  for (const auto& [name, job] : jobs) {
    INFO(name << " " << job.dump());
    CHECK(is_final(job["phase"]));
    succeeded += job["phase"] == "succeeded" ? 1U : 0U;
    epochs += job["epoch"].get<std::uint64_t>();
  }
  REQUIRE(ended);
  CHECK(succeeded == submitted);
  CHECK(files_in(park.directory() / "done") == succeeded);
  CHECK_FALSE(std::filesystem::exists(park.directory() / "overlaps"));
  if (is_full()) WARN(succeeded << " jobs succeeded in " << epochs << " epochs");
}

TEST_CASE("the report of an agent that stood still for longer than its lease is refused and counted") {
  Park park({});
  park.submit("job", "sleep 0.5");
  REQUIRE(await(std::chrono::seconds(20), [&] {
    const json job = park.job("job");
    return job.is_object() && (job["phase"] == "accepted" || job["phase"] == "running");
  }));
  const std::size_t first = park.job("job")["agent"] == "a0" ? 0 : 1;
  park.agent(first).signal(SIGSTOP);
  CHECK(park.await_phase("job", "succeeded"));
  const json done = park.job("job");
  CHECK(done["epoch"] == 2);
  CHECK(done["agent"] == "a" + std::to_string(1 - first));
  park.agent(first).signal(SIGCONT);
  INFO(park.logs());
  CHECK(await(std::chrono::seconds(20), [&] {
    const json row = park.agent_row(first);
    return row.is_object() && row["state"] == "ready" && row.value("refused", 0) >= 1;
  }));
  CHECK(park.job("job") == done);
  // Neither its end nor its next process takes it back.
  const json refused = park.agent_row(first)["refused"];
  park.kill_agent(first);
  CHECK(await(std::chrono::seconds(20), [&] { return park.agent_row(first)["state"] == "lost"; }));
  CHECK(park.agent_row(first)["refused"] == refused);
  park.start_agent(first);
  CHECK(await(std::chrono::seconds(20), [&] { return park.agent_row(first)["state"] == "ready"; }));
  CHECK(park.agent_row(first)["refused"] == refused);
}

TEST_CASE("a change of the store's leader sends no job back") {
  Park park({});
  park.submit("work", "sleep 0.4", {"--array", "60"});
  for (int i = 0; i < 2; ++i) {
    const std::size_t leader = park.cluster().await_leader();
    park.cluster().kill(leader);
    (void)park.cluster().await_leader();
    park.cluster().start(leader);
  }
  CHECK(await(std::chrono::seconds(60), [&] {
    const auto jobs = park.jobs();
    return jobs.size() == 60 &&
           std::all_of(jobs.begin(), jobs.end(), [](const auto& job) { return is_final(job.second["phase"]); });
  }));
  for (const auto& [name, job] : park.jobs()) {
    INFO(name << " " << job.dump());
    CHECK(job["phase"] == "succeeded");
    CHECK(job["epoch"] == 1);
  }
}

TEST_CASE("when many agents vanish together their work is left to them until they return or are given up") {
  ParkOptions options;
  options.agents = 5;
  options.slots = "1";
  Park park(options);
  park.submit("work", "sleep 60", {"--array", "5"});
  REQUIRE(await(std::chrono::seconds(20), [&] {
    const auto jobs = park.jobs();
    return jobs.size() == 5 &&
           std::all_of(jobs.begin(), jobs.end(), [](const auto& job) { return job.second["phase"] == "running"; });
  }));
  const auto is_frozen = [&](bool wanted) {
    return await(std::chrono::seconds(20), [&] {
      const json seen = park.look({"agents"});
      return seen.is_object() && seen["frozen"] == wanted;
    });
  };
  park.kill_agent(0);
  park.kill_agent(1);
  REQUIRE(is_frozen(true));
  CHECK(park.agent_row(0)["state"] == "suspect");
  CHECK(park.verb({"agents"}).out.find("FROZEN since") != std::string::npos);
  SECTION("they return") {
    park.start_agent(0);
    park.start_agent(1);
    CHECK(is_frozen(false));
  }
  SECTION("they are given up") {
    CHECK(park.verb({"unfreeze"}).out == "2 agents given up\n");
    CHECK(is_frozen(false));
    CHECK(await(std::chrono::seconds(20), [&] { return park.agent_row(0)["state"] == "lost" && park.agent_row(0)["jobs"] == 0; }));
  }
}

}  // namespace conclave::test
