#include "scheduler/scheduler_program.hpp"

#include <algorithm>

namespace conclave::sim {

using namespace recipes::core;
using scheduler::Agent;
using scheduler::AgentOptions;
using scheduler::Board;
using scheduler::LeaderOptions;
using scheduler::Scheduler;

namespace {

constexpr Duration grace_max = seconds(4);
constexpr milliseconds agent_ttl(3000);
constexpr std::uint64_t specs_max = 12;

LeaderOptions leader_options(Prng& prng, Endpoint endpoint) {
  LeaderOptions options;
  options.settings.agent_ttl = agent_ttl;
  options.settings.grace = std::chrono::duration_cast<milliseconds>(prng.between(Duration(0), grace_max));
  options.settings.freeze_agents_min = 2;
  options.settings.losses_max = prng.between(2, 50);
  options.settings.preempt = prng.chance(1, 4);
  options.settings.history_max = prng.chance(1, 4) ? 3 : 1000;
  options.keeper = {milliseconds(2000 + prng.below(2000)), "scheduler " + std::to_string(endpoint)};
  return options;
}

AgentOptions agent_options(Prng& prng, std::string name) {
  AgentOptions options;
  options.name = std::move(name);
  options.ttl = agent_ttl;
  options.record.capacity = {2000, 512, prng.between(1, 4)};
  options.record.labels["zone"] = std::to_string(prng.below(2));
  options.report_running_after = milliseconds(prng.below(600));
  return options;
}

}  // namespace

struct SchedulerProgram::Life {
  Life(EngineWorld& shared, SimClient& client, const scheduler::Keys& keys, LeaderOptions leading, AgentOptions working,
       SimMachine& machine)
      : store(shared, client),
        hub(std::make_shared<Hub>(store)),
        board(hub, keys),
        agent(std::make_shared<Agent>(hub, keys, std::move(working), machine)),
        leader(std::make_shared<Scheduler>(hub, keys, std::move(leading))) {}
  SimStore store;
  HubPtr hub;
  Board board;
  std::shared_ptr<Agent> agent;
  std::shared_ptr<Scheduler> leader;
};

SchedulerProgram::SchedulerProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<SchedulerWorld> common)
    : shared_(shared), client_(client), common_(std::move(common)), prng_(shared.world.stream(9000 + client.endpoint())) {
  client_.on_crash = [this] {
    end_life();
    begin_again();
  };
}

SchedulerProgram::~SchedulerProgram() { end_life(); }

SimMachine& SchedulerProgram::some_machine() {
  if (machines_.empty() || prng_.chance(1, 4)) {
    const std::uint64_t stream = 9500 + client_.endpoint() + 100'000 * machines_.size();
    machines_.push_back(std::make_unique<SimMachine>(shared_, client_, common_->oracle, stream));
  }
  return *machines_.back();
}

/// Most often at once; or when its lease may have ended, or its work been given to others.
void SchedulerProgram::begin_again() {
  const Duration away = prng_.chance(1, 3) ? prng_.between(Duration(1), seconds(9)) : Duration(1);
  shared_.world.after(away, "begin again", [this, death = ++deaths_] {
    if (death == deaths_ && !life_) begin_life();
  });
}

void SchedulerProgram::prove_life() {
  if (!life_) begin_life();
  prove(life_);
}

void SchedulerProgram::begin_life() {
  auto leader = leader_options(prng_, client_.endpoint());
  auto agent = agent_options(prng_, own_agent());
  const auto life = std::make_shared<Life>(shared_, client_, common_->keys, std::move(leader), std::move(agent), some_machine());
  life_ = life;
  lives_.push_back(life);
  life->agent->start();
  life->leader->start();
  misfortunes(life);
  use(life);
}

void SchedulerProgram::end_life() {
  for (const auto& machine : machines_) machine->detach();
  if (const auto life = std::exchange(life_, nullptr)) life->store.close();
}

Call SchedulerProgram::some_call(const LifePtr& life) {
  Call call;
  call.deadline = life->store.now() + prng_.between(milliseconds(50), seconds(10));
  return call;
}

std::string SchedulerProgram::some_agent() {
  auto chosen = shared_.clients.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(prng_.below(shared_.clients.size())));
  return "a" + std::to_string(chosen->first);
}

std::string SchedulerProgram::some_spec() {
  return "s" + std::to_string(client_.endpoint()) + "-" + std::to_string(prng_.between(1, std::max<std::uint64_t>(1, specs_)));
}

Detached SchedulerProgram::misfortunes(LifePtr life) {
  while (goes_on(life)) {
    auto waiting = pause(life->store, prng_.between(milliseconds(300), seconds(10)), Call{});
    (void)co_await std::move(waiting);
    if (!goes_on(life)) co_return;
    if (prng_.chance(1, 3)) {
      // From outside: a process does not kill itself in the middle of a step.
      shared_.world.after(Duration(1), "kill", [this, life] {
        if (life == life_) client_.crash();
      });
    } else if (prng_.chance(1, 2)) {
      client_.pause(prng_.between(milliseconds(10), prng_.chance(1, 2) ? seconds(9) : seconds(1)));
    }
  }
}

scheduler::Submission SchedulerProgram::some_submission() {
  scheduler::Submission submission;
  for (std::uint64_t number = prng_.between(1, 2); number > 0; --number) {
    scheduler::Spec spec;
    spec.id = "s" + std::to_string(client_.endpoint()) + "-" + std::to_string(++specs_);
    spec.command = {"work"};
    spec.priority = prng_.below(3);
    spec.attempts_max = prng_.between(1, 4);
    spec.backoff_ms = prng_.below(1000);
    spec.backoff_max_ms = 2000;
    if (prng_.chance(1, 4)) spec.count = prng_.between(1, 5);
    if (prng_.chance(1, 5)) spec.anti_affinity = "g";
    if (prng_.chance(1, 4)) spec.spread = "zone";
    if (!submission.specs.empty() && prng_.chance(1, 2)) spec.after = {submission.specs.back().id};
    submission.specs.push_back(std::move(spec));
  }
  if (prng_.chance(1, 3)) submission.idempotency_key = "k" + submission.specs.front().id;
  for (auto& spec : submission.specs) spec.idempotency_key = submission.idempotency_key;
  return submission;
}

Task<Result<bool>> SchedulerProgram::submit(LifePtr life) {
  const auto submission = some_submission();
  auto submitting = life->board.submit(submission, some_call(life));
  Result<Board::Submitted> submitted = co_await std::move(submitting);
  if (!submitted) co_return fail(std::move(submitted.error()));
  common_->oracle.submitted(submitted->specs);
  require(submitted->is_new, [&] { return "job " + submitted->specs.front() + " was there before it was submitted"; });
  if (submission.idempotency_key.empty()) co_return true;
  auto again = life->board.submit(submission, some_call(life));
  Result<Board::Submitted> same = co_await std::move(again);
  // Long ago, its history may have been forgotten meanwhile; then it is new.
  require(!same || same->specs == submitted->specs, [&] { return "the same submission has other jobs"; });
  co_return true;
}

Task<Result<bool>> SchedulerProgram::meddle(LifePtr life) {
  const std::uint64_t what = prng_.below(8);
  if (what <= 1) {
    auto cancelling = life->board.cancel(some_spec(), some_call(life));
    (void)co_await std::move(cancelling);
  } else if (what == 2) {
    auto retrying = life->board.retry(some_spec(), some_call(life));
    (void)co_await std::move(retrying);
  } else if (what == 3) {
    auto draining = life->board.drain(some_agent(), {prng_.below(3000), "test"}, some_call(life));
    (void)co_await std::move(draining);
  } else if (what <= 5) {
    auto ending = life->board.undrain(some_agent(), some_call(life));
    (void)co_await std::move(ending);
  } else if (what == 6) {
    auto discarding = life->board.discard(some_spec(), some_call(life));
    (void)co_await std::move(discarding);
  } else {
    auto unfreezing = life->board.unfreeze(some_call(life));
    (void)co_await std::move(unfreezing);
  }
  co_return true;
}

Detached SchedulerProgram::use(LifePtr life) {
  while (goes_on(life)) {
    auto resting = pause(life->store, prng_.between(Duration(0), shared_.swarm.work_interval * 60), Call{});
    (void)co_await std::move(resting);
    if (!goes_on(life)) co_return;
    if (specs_ < specs_max && prng_.chance(1, 2)) {
      auto submitting = submit(life);
      (void)co_await std::move(submitting);
    } else {
      auto meddling = meddle(life);
      (void)co_await std::move(meddling);
    }
  }
}

/// With no more mishaps all work ends.
Detached SchedulerProgram::prove(LifePtr life) {
  Call call;
  call.deadline = life->store.now() + seconds(50);
  for (const auto& [endpoint, client] : shared_.clients) {
    auto undraining = life->board.undrain("a" + std::to_string(endpoint), call);
    (void)co_await std::move(undraining);
  }
  while (true) {
    auto looking = life->board.look(call);
    Result<scheduler::Picture> picture = co_await std::move(looking);
    if (life != life_) co_return;  // the world ends
    require(picture.has_value(),
            [&] { return "liveness: the jobs cannot be seen in a healed cluster: " + picture.error().message(); });
    std::string open;
    for (const auto& [name, job] : picture->jobs)
      if (!is_final(job.record.phase)) open += " " + name + " (" + std::string(name_of(job.record.phase)) + ")";
    if (open.empty()) break;
    require(life->store.now() + seconds(1) < call.deadline,
            [&] { return "liveness: work does not end in a healed cluster:" + open; });
    auto resting = pause(life->store, milliseconds(300), Call{});
    (void)co_await std::move(resting);
    if (life != life_) co_return;
  }
  alive_ = true;
}

void SchedulerProgram::judge(Revision) const {
  if (std::exchange(common_->judged, true)) return;
  common_->oracle.judge(shared_.store.reference());
}

void SchedulerProgram::lease_ended(LeaseId lease) const {
  const auto health = client_.core().lease_health(lease, client_.now());
  require(!health || *health == client::LeaseHealth::lost, [&] {
    return "lease " + to_string(lease) + " ends at the servers while client " + std::to_string(client_.endpoint()) +
           " may still trust it";
  });
}

}  // namespace conclave::sim
