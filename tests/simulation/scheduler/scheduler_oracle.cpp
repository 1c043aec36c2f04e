#include "scheduler/scheduler_oracle.hpp"

#include <set>

namespace conclave::sim {

using namespace scheduler;

void SchedulerOracle::started(const RunId& run, const std::vector<test::WatchedBatch>& batches) {
  ++runs_;
  const auto [other, is_alone] = going_.try_emplace(run.job, run);
  require(is_alone, [&, old = other->second] {
    return "epoch " + std::to_string(run.epoch) + " of job " + run.job + " starts while epoch " + std::to_string(old.epoch) +
           " runs";
  });
  advance(batches);
  const Truth& truth = jobs_[run.job];
  require(truth.record.epoch == run.epoch && truth.record.phase == Phase::accepted, [&] {
    return "job " + run.job + " starts in epoch " + std::to_string(run.epoch) + " and is " +
           std::string(name_of(truth.record.phase)) + " in epoch " + std::to_string(truth.record.epoch);
  });
}

void SchedulerOracle::ended(const RunId& run) {
  const auto found = going_.find(run.job);
  if (found != going_.end() && found->second == run) going_.erase(found);
}

void SchedulerOracle::submitted(const std::vector<std::string>& specs) {
  submitted_.insert(submitted_.end(), specs.begin(), specs.end());
}

void SchedulerOracle::advance(const std::vector<test::WatchedBatch>& batches) {
  for (; seen_ < batches.size(); ++seen_) take(batches[seen_]);
}

void SchedulerOracle::take_job(const std::string& name, const test::WatchedEvent& event, const std::string& when) {
  Truth& truth = jobs_[name];
  if (event.deleted) {
    require(is_final(truth.record.phase), [&] { return "job " + name + " goes before it is final" + when; });
    truth.gone = true;
    return;
  }
  const auto after = job_from_json(event.row.value);
  require(after.has_value(), [&] { return "job " + name + " has a record that cannot be read" + when; });
  if (truth.gone) truth = Truth{};  // submitted again when its history was forgotten: another job of the same name
  const JobRecord before = truth.record;
  if (truth.known) {
    require(may_follow(before.phase, after->phase), [&] {
      return "job " + name + " goes from " + std::string(name_of(before.phase)) + " to " + std::string(name_of(after->phase)) +
             when;
    });
    const std::uint64_t epoch = before.epoch + (after->phase == Phase::assigned ? 1 : 0);
    require(after->epoch == epoch, [&] { return "job " + name + " changes its epoch" + when; });
  }
  if (after->phase == Phase::succeeded) ++successes_;
  if (after->phase == Phase::lost) ++losses_;
  truth.known = true;
  truth.record = *after;
}

void SchedulerOracle::take(const test::WatchedBatch& batch) {
  const std::string when = " at revision " + to_string(batch.revision);
  std::set<std::string> touched;
  std::set<std::string> effects;
  std::set<std::string> successes;
  for (const auto& event : batch.events) {
    if (event.key.starts_with(keys_.runs()) && !event.deleted) {
      const auto run = run_from_json(event.row.value);
      const std::string job = event.key.substr(keys_.runs().size(), event.key.rfind('/') - keys_.runs().size());
      if (run && run->phase == Phase::succeeded) effects.insert(job);
    }
    const AnyKey key = keys_.parse(event.key);
    if (const auto* agent = std::get_if<AgentKey>(&key)) agents_[agent->agent] = !event.deleted;
    if (const auto* job = std::get_if<JobKey>(&key)) {
      take_job(job->job, event, when);
      if (!event.deleted && jobs_[job->job].record.phase == Phase::succeeded) successes.insert(job->job);
      touched.insert(job->job);
    }
    if (const auto* seat = std::get_if<AssignKey>(&key)) {
      auto& seats = jobs_[seat->job].seats;
      const auto record = event.deleted ? std::nullopt : assign_from_json(event.row.value);
      if (record)
        seats[seat->agent] = record->job.epoch;
      else
        seats.erase(seat->agent);
      touched.insert(seat->job);
    }
  }
  require(effects == successes, [&] { return "success and the record of what succeeded are told apart" + when; });
  for (const std::string& job : effects)
    require(++jobs_[job].effects == 1, [&] { return "job " + job + " succeeds twice" + when; });
  for (const std::string& name : touched) {
    const Truth& truth = jobs_[name];
    const bool active = !truth.gone && is_active(truth.record.phase);
    require(truth.seats.size() == (active ? 1U : 0U), [&] {
      return "job " + name + " is " + std::string(name_of(truth.record.phase)) + " and has " + std::to_string(truth.seats.size()) +
             " assignments" + when;
    });
    require(!active || (truth.seats.begin()->first == truth.record.agent && truth.seats.begin()->second == truth.record.epoch),
            [&] { return "job " + name + " and its assignment name different epochs" + when; });
    const bool taken_away = truth.record.phase == Phase::lost && truth.record.reason.ends_with(" is gone");
    require(!taken_away || !agents_[truth.record.agent],
            [&] { return "job " + name + " is taken from an agent that is there" + when; });
  }
}

void SchedulerOracle::judge(const std::vector<test::WatchedBatch>& batches) {
  advance(batches);
  for (const auto& [name, truth] : jobs_) {
    if (truth.gone || !truth.known) continue;
    require(is_final(truth.record.phase),
            [&, which = name, phase = truth.record.phase] { return "job " + which + " ends as " + std::string(name_of(phase)); });
  }
  for (const std::string& spec : submitted_) {
    const auto first = jobs_.lower_bound(spec);
    require(first != jobs_.end() && spec_of(first->first) == spec,
            [&] { return "job " + spec + " was submitted and is not there"; });
  }
}

}  // namespace conclave::sim
