#include "conclave/scheduler_core/planner.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "conclave/scheduler_core/placement.hpp"

namespace conclave::scheduler {
namespace {

constexpr std::uint64_t lost_delay_ms_max = 1000;

JobRecord settled(const JobRecord& before, Phase phase, std::string reason, std::uint64_t delay_ms = 0) {
  JobRecord after = before;
  after.phase = phase;
  after.reason = std::move(reason);
  after.delay_ms = delay_ms;
  return after;
}

bool is_more_than(std::uint64_t part, std::uint64_t whole, std::uint64_t percent) { return part * 100 > whole * percent; }

}  // namespace

std::uint64_t backoff(const Spec& spec, std::uint64_t failures, Prng& prng) {
  std::uint64_t span = spec.backoff_ms;
  for (std::uint64_t i = 1; i < failures && span < spec.backoff_max_ms; ++i) span *= 2;
  span = std::min(span, spec.backoff_max_ms);
  return prng.between(span / 2, span);
}

Readiness readiness(const Picture& picture, const Spec& spec) {
  Readiness all;
  for (const std::string& name : spec.after) {
    const auto other = picture.specs.find(name);
    if (other == picture.specs.end()) return {Ready::never, "what it waits for is gone: " + name};
    for (const std::string& job : jobs_of(other->second)) {
      const auto found = picture.jobs.find(job);
      const Phase phase = found == picture.jobs.end() ? Phase::dead : found->second.record.phase;
      if (phase == Phase::dead || phase == Phase::cancelled)
        return {Ready::never, "what it waits for is " + std::string(name_of(phase)) + ": " + job};
      if (phase != Phase::succeeded) all = {Ready::waits, "it waits for " + job};
    }
  }
  return all;
}

Planner::Planner(Settings settings, Instant led_since, std::uint64_t seed)
    : settings_(settings), led_since_(led_since), prng_(seed) {}

std::vector<Decision> Planner::plan(const Picture& picture, Instant now) {
  decisions_.clear();
  wake_at_ = Instant::max();
  watch_agents(picture, now);
  freeze_or_not(picture, now);
  give_up(picture, now);
  settle(picture);
  drain(picture, now);
  assign(picture, now);
  forget(picture);
  if (is_full()) wake(now);
  first_ = false;
  return std::exchange(decisions_, {});
}

/// Agents that were there, or have work, and are not there any more. One that took its leave first is given up at once.
void Planner::watch_agents(const Picture& picture, Instant now) {
  std::set<std::string> with_work;
  for (const auto& [job, assignment] : picture.assignments) with_work.insert(assignment.agent);
  const auto went = [&](const std::string& agent, bool leaving) {
    if (picture.agents.contains(agent)) return;
    const auto record = picture.gone.find(agent);
    if (record != picture.gone.end() && record->second.given_up) {
      vanished_.erase(agent);
      return;
    }
    if (leaving) {
      vanished_.erase(agent);
      if (with_work.contains(agent)) decisions_.emplace_back(MarkGone{agent, true});
      return;
    }
    vanished_.try_emplace(agent, first_ ? led_since_ : now);
    if (record == picture.gone.end()) decisions_.emplace_back(MarkGone{agent, false});
  };
  std::set<std::string> absent = with_work;
  for (const auto& [agent, leaving] : alive_) absent.insert(agent);
  for (const auto& [agent, since] : vanished_) absent.insert(agent);
  for (const auto& [agent, record] : picture.gone) absent.insert(agent);
  for (const std::string& agent : absent) {
    const auto before = alive_.find(agent);
    went(agent, before != alive_.end() && before->second);
  }
  alive_.clear();
  for (const auto& [agent, row] : picture.agents) {
    alive_[agent] = row.record.leaving;
    vanished_.erase(agent);
    if (picture.gone.contains(agent)) decisions_.emplace_back(ForgetGone{agent});
  }
}

void Planner::freeze_or_not(const Picture& picture, Instant now) {
  const std::uint64_t gone = vanished_.size();
  const std::uint64_t all = picture.agents.size() + gone;
  if (picture.freeze) {
    if (!is_more_than(gone, all, settings_.freeze_percent)) decisions_.emplace_back(EndFreeze{});
    return;
  }
  const auto recent = static_cast<std::uint64_t>(std::count_if(
      vanished_.begin(), vanished_.end(), [&](const auto& entry) { return now - entry.second <= settings_.freeze_window; }));
  if (recent >= settings_.freeze_agents_min && is_more_than(recent, all, settings_.freeze_percent))
    decisions_.emplace_back(BeginFreeze{recent, all});
}

/// What gone agents had is lost when they were waited for long enough, unless so many went that it is rather the network.
void Planner::give_up(const Picture& picture, Instant now) {
  const bool freezes = std::any_of(decisions_.begin(), decisions_.end(),
                                   [](const Decision& decision) { return std::holds_alternative<BeginFreeze>(decision); });
  const Instant quiet_until = led_since_ + settings_.agent_ttl;
  if (now < quiet_until) return wake(quiet_until);
  if (picture.freeze || freezes) return;
  for (const auto& [agent, since] : vanished_) {
    if (now < since + settings_.grace)
      wake(since + settings_.grace);
    else
      decisions_.emplace_back(MarkGone{agent, true});
  }
  for (const auto& [name, assignment] : picture.assignments) {
    const auto record = picture.gone.find(assignment.agent);
    if (is_full() || record == picture.gone.end() || !record->second.given_up || picture.agents.contains(assignment.agent))
      continue;
    decisions_.emplace_back(Lose{name});
  }
  std::erase_if(gone_seen_, [&](const auto& entry) { return !picture.gone.contains(entry.first); });
  for (const auto& [agent, record] : picture.gone) {
    const Instant since = gone_seen_.try_emplace(agent, now).first->second;
    const bool is_idle = record.given_up && !picture.agents.contains(agent);
    if (is_idle && now >= since + settings_.forget_gone_after) decisions_.emplace_back(ForgetGone{agent});
    if (is_idle) wake(std::max(now + seconds(1), since + settings_.forget_gone_after));
  }
}

/// What becomes of attempts that came to nothing, and of jobs that can never run.
void Planner::settle(const Picture& picture) {
  for (const auto& [name, job] : picture.jobs) {
    const JobRecord& record = job.record;
    if (is_full()) return;
    if (!is_undecided(record.phase) && record.phase != Phase::pending) continue;
    const Spec* const spec = picture.spec_of(name);
    if (spec == nullptr) {
      decisions_.emplace_back(Settle{name, settled(record, Phase::dead, "its spec is missing or not valid")});
    } else if (record.phase == Phase::pending) {
      const Readiness ready = spec->after.empty() ? Readiness() : readiness(picture, *spec);
      if (ready.ready == Ready::never) decisions_.emplace_back(Settle{name, settled(record, Phase::dead, ready.reason)});
    } else if (record.failures >= spec->attempts_max) {
      decisions_.emplace_back(Settle{name, settled(record, Phase::dead, record.reason)});
    } else if (record.losses > settings_.losses_max) {
      decisions_.emplace_back(Settle{name, settled(record, Phase::dead, "it was lost too often: " + record.reason)});
    } else {
      const std::uint64_t delay =
          record.phase == Phase::failed ? backoff(*spec, record.failures, prng_) : prng_.below(lost_delay_ms_max);
      decisions_.emplace_back(Settle{name, settled(record, Phase::pending, record.reason, delay)});
    }
  }
}

void Planner::drain(const Picture& picture, Instant now) {
  std::erase_if(drain_seen_, [&](const auto& entry) { return !picture.drains.contains(entry.first); });
  for (const auto& [agent, record] : picture.drains) {
    const auto within = milliseconds(std::min<std::uint64_t>(record.within_ms, std::uint64_t{365} * 24 * 3600 * 1000));
    const Instant until = drain_seen_.try_emplace(agent, now).first->second + within;
    if (now < until) {
      wake(until);
      continue;
    }
    for (const auto& [job, assignment] : picture.assignments)
      if (!is_full() && assignment.agent == agent && assignment.record.stop == Stop::none && picture.agents.contains(agent))
        decisions_.emplace_back(AskToStop{job, Stop::give_back, "the agent is drained"});
  }
}

bool Planner::is_due(const std::string& name, const Job& job, Instant now) {
  if (job.record.delay_ms == 0) return true;
  Seen& seen = pending_seen_[name];
  const std::uint64_t mark = job.changed.value();
  if (seen.epoch != mark) seen = {mark, now};
  const Instant due = seen.at + milliseconds(std::min<std::uint64_t>(job.record.delay_ms, std::uint64_t{7} * 24 * 3600 * 1000));
  if (now >= due) return true;
  wake(due);
  return false;
}

void Planner::assign(const Picture& picture, Instant now) {
  std::erase_if(pending_seen_, [&](const auto& entry) {
    const auto job = picture.jobs.find(entry.first);
    return job == picture.jobs.end() || job->second.record.phase != Phase::pending;
  });
  using Rank = std::tuple<std::uint64_t, Revision, std::string>;
  std::vector<std::pair<Rank, const Spec*>> queue;
  for (const auto& [name, job] : picture.jobs) {
    if (job.record.phase != Phase::pending) continue;
    const Spec* const spec = picture.spec_of(name);
    if (spec == nullptr || !is_due(name, job, now)) continue;
    if (!spec->after.empty() && readiness(picture, *spec).ready != Ready::yes) continue;
    queue.emplace_back(Rank{priority_max - std::min(priority_max, spec->priority), job.created, name}, spec);
  }
  std::sort(queue.begin(), queue.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Placement placement(picture);
  std::set<const Spec*> fits_nowhere;  // room only gets less within a round
  bool evicts = settings_.preempt;
  for (const auto& [rank, spec] : queue) {
    if (is_full()) return;
    if (fits_nowhere.contains(spec)) continue;
    if (auto agent = placement.place(*spec)) {
      decisions_.emplace_back(Assign{std::get<2>(rank), std::move(*agent)});
      continue;
    }
    fits_nowhere.insert(spec);
    const auto eviction = evicts ? placement.make_room(*spec) : std::nullopt;
    if (!eviction) continue;
    evicts = false;  // one at a time: the next round sees the room that this one made
    for (const std::string& job : eviction->jobs)
      if (const auto seat = picture.assignments.find(job);
          seat != picture.assignments.end() && seat->second.record.stop == Stop::none)
        decisions_.emplace_back(AskToStop{job, Stop::give_back, "more urgent work needs its place"});
  }
}

/// The oldest final jobs beyond history_max, whole specs at a time; never what unfinished work waits for.
void Planner::forget(const Picture& picture) {
  std::uint64_t kept = 0;
  std::set<std::string> needed;
  struct Past {
    Revision changed;
    std::uint64_t jobs = 0;
    bool final = true;
  };
  std::map<std::string, Past> pasts;
  for (const auto& [name, job] : picture.jobs) {
    Past& past = pasts[std::string(spec_of(name))];
    past.changed = std::max(past.changed, job.changed);
    past.final = past.final && is_final(job.record.phase);
    ++past.jobs;
    if (is_final(job.record.phase)) {
      ++kept;
      continue;
    }
    if (const Spec* const spec = picture.spec_of(name)) needed.insert(spec->after.begin(), spec->after.end());
  }
  if (kept <= settings_.history_max) return;
  std::vector<std::pair<Revision, std::string>> by_age;
  for (const auto& [spec, past] : pasts)
    if (past.final && !needed.contains(spec)) by_age.emplace_back(past.changed, spec);
  std::sort(by_age.begin(), by_age.end());
  for (const auto& [changed, spec] : by_age) {
    if (kept <= settings_.history_max || is_full()) return;
    kept -= pasts[spec].jobs;
    decisions_.emplace_back(ForgetSpec{spec});
  }
}

}  // namespace conclave::scheduler
