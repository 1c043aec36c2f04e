#include <set>

#include "conclave/test/catch.hpp"
#include "pictures.hpp"

namespace conclave::scheduler {

using test::Made;

namespace {

/// A cluster of values: agents come, go and work by chance, leaders change, decisions are carried out or not.
class Life {
 public:
  explicit Life(std::uint64_t seed) : prng_(seed), planner_(make_planner()) {
    settings_.agent_ttl = seconds(2);
    settings_.grace = seconds(3);
    settings_.preempt = prng_.chance(1, 3);
    planner_ = make_planner();
    for (int i = 0; i < 6; ++i) come(i);
    for (int i = 0; i < 20; ++i) submit("j" + std::to_string(i));
  }

  void run(bool calm) {
    for (int step = 0; step < 400; ++step) {
      now_ += milliseconds(prng_.between(10, 400));
      if (!calm) mishap();
      agents_work(calm);
      if (!calm && prng_.chance(1, 40)) planner_ = make_planner();
      const bool frozen = made_.picture.freeze.has_value();
      for (const Decision& decision : planner_.plan(made_.picture, now_))
        if (calm || prng_.chance(4, 5)) carry_out(decision, frozen);
      check_room();
    }
  }
  void heal() {
    for (int i = 0; i < 6; ++i) come(i);
    for (const auto& [agent, drain] : ByName<DrainRecord>(made_.picture.drains)) made_.erase(made_.keys.drain(agent));
  }
  void check_all_final() const {
    for (const auto& [name, job] : made_.picture.jobs) {
      INFO(name << " is " << name_of(job.record.phase) << " on " << job.record.agent << ": " << job.record.reason);
      CHECK(is_final(job.record.phase));
    }
  }

 private:
  Planner make_planner() { return Planner(settings_, now_, prng_.next()); }
  void come(int number) {
    const std::string name = "a" + std::to_string(number);
    if (made_.picture.agents.contains(name)) return;
    made_.agent(name, {2000, 256, 3}, {{"zone", std::to_string(number % 2)}});
  }
  void submit(const std::string& id) {
    Spec spec = test::spec(id);
    spec.priority = prng_.below(3);
    spec.resources = {prng_.below(2000), prng_.below(256), prng_.between(1, 2)};
    if (prng_.chance(1, 4)) spec.anti_affinity = "g" + std::to_string(prng_.below(2));
    if (prng_.chance(1, 4)) spec.labels["zone"] = std::to_string(prng_.below(2));
    if (prng_.chance(1, 4)) spec.spread = "zone";
    if (prng_.chance(1, 4)) spec.count = prng_.between(1, 4);
    if (prng_.chance(1, 4) && !made_.picture.specs.empty()) spec.after = {made_.picture.specs.begin()->first};
    spec.attempts_max = prng_.between(1, 3);
    spec.backoff_ms = prng_.below(2000);
    made_.submit(spec);
  }
  void mishap() {
    const int number = static_cast<int>(prng_.below(6));
    const std::string name = "a" + std::to_string(number);
    if (prng_.chance(1, 20)) made_.erase(made_.keys.agent(name));
    if (prng_.chance(1, 10)) come(number);
    if (prng_.chance(1, 60)) made_.put(made_.keys.drain(name), to_json(DrainRecord{prng_.below(3000), ""}));
    if (prng_.chance(1, 20)) made_.erase(made_.keys.drain(name));
  }
  void become(const std::string& name, JobRecord record) {
    const Phase before = made_.picture.jobs.at(name).record.phase;
    INFO(name << ": " << name_of(before) << " -> " << name_of(record.phase));
    REQUIRE(may_follow(before, record.phase));
    if (!is_active(record.phase) && is_active(before)) made_.erase(made_.keys.assign(record.agent, name));
    made_.job(name, record);
  }
  void agents_work(bool calm) {
    for (const auto& [name, seat] : ByName<Assignment>(made_.picture.assignments)) {
      if (!made_.picture.agents.contains(seat.agent) || prng_.chance(1, 2)) continue;
      JobRecord record = made_.picture.jobs.at(name).record;
      if (seat.record.stop != Stop::none) {
        record.phase = Phase::lost;
      } else if (record.phase == Phase::assigned) {
        record.phase = Phase::accepted;
      } else if (prng_.chance(1, calm ? 10 : 3)) {
        record.phase = Phase::failed;
        ++record.failures;
      } else {
        record.phase = Phase::succeeded;
      }
      become(name, record);
    }
  }
  void carry_out(const Decision& decision, bool frozen) {
    const auto& picture = made_.picture;
    if (const auto* assign = std::get_if<Assign>(&decision)) {
      REQUIRE(picture.agents.contains(assign->agent));
      REQUIRE_FALSE(picture.drains.contains(assign->agent));
      JobRecord record = picture.jobs.at(assign->job).record;
      record.phase = Phase::assigned;
      record.agent = assign->agent;
      ++record.epoch;
      become(assign->job, record);
      made_.put(made_.keys.assign(assign->agent, assign->job), to_json(AssignRecord{record, Stop::none, {}}));
    } else if (const auto* lose = std::get_if<Lose>(&decision)) {
      REQUIRE_FALSE(frozen);
      JobRecord record = picture.jobs.at(lose->job).record;
      REQUIRE_FALSE(picture.agents.contains(record.agent));
      record.phase = Phase::lost;
      ++record.losses;
      become(lose->job, record);
    } else if (const auto* settle = std::get_if<Settle>(&decision)) {
      become(settle->job, settle->record);
    } else if (const auto* stop = std::get_if<AskToStop>(&decision)) {
      const Assignment seat = picture.assignments.at(stop->job);
      made_.put(made_.keys.assign(seat.agent, stop->job), to_json(AssignRecord{seat.record.job, stop->stop, stop->reason}));
    } else if (const auto* gone = std::get_if<MarkGone>(&decision)) {
      made_.put(made_.keys.gone(gone->agent), to_json(GoneRecord{gone->given_up, 0}));
    } else if (const auto* back = std::get_if<ForgetGone>(&decision)) {
      made_.erase(made_.keys.gone(back->agent));
    } else if (const auto* freeze = std::get_if<BeginFreeze>(&decision)) {
      made_.put(made_.keys.freeze(), to_json(FreezeRecord{freeze->gone, freeze->agents, 0}));
    } else if (std::holds_alternative<EndFreeze>(decision)) {
      made_.erase(made_.keys.freeze());
    }
  }
  void check_room() const {
    std::map<std::string, Resources> used;
    std::set<std::pair<std::string, std::string>> groups;
    for (const auto& [name, job] : made_.picture.jobs) {
      const bool active = is_active(job.record.phase);
      REQUIRE(active == made_.picture.assignments.contains(name));
      if (!active) continue;
      const Spec& spec = *made_.picture.spec_of(name);
      auto& of = used.try_emplace(job.record.agent, Resources{0, 0, 0}).first->second;
      of.cpu_milli += spec.resources.cpu_milli;
      of.memory_mib += spec.resources.memory_mib;
      of.slots += spec.resources.slots;
      if (!spec.anti_affinity.empty()) REQUIRE(groups.insert({job.record.agent, spec.anti_affinity}).second);
    }
    for (const auto& [agent, resources] : used) {
      REQUIRE(resources.cpu_milli <= 2000);
      REQUIRE(resources.memory_mib <= 256);
      REQUIRE(resources.slots <= 3);
    }
  }

  Prng prng_;
  Settings settings_;
  Instant now_{};
  Made made_;
  Planner planner_;
};

}  // namespace

TEST_CASE("whatever agents and leaders do, no agent is overfilled, no phase is left out, and all work ends") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Life life(seed);
    life.run(false);
    life.heal();
    life.run(true);
    life.check_all_final();
  }
}

}  // namespace conclave::scheduler
