#include "locksmith/locksmith_program.hpp"

#include <algorithm>

#include "conclave/recipes_core/names.hpp"
#include "locksmith/locksmith_judge.hpp"

namespace conclave::sim {

using namespace recipes::core;
using namespace conclave::locksmith;

namespace {

constexpr Duration health_hold = seconds(1);
constexpr std::string_view group_name = "machines";

fleet::AgentOptions some_options(const SimMachine& machine, Prng& prng) {
  fleet::AgentOptions options;
  options.life.warn_time = milliseconds(500);
  options.life.health_hold = health_hold;
  options.life.health_pause = milliseconds(200);
  options.life.reboot_patience = seconds(8);  // what goes down is down by then
  options.life.retry_pause = milliseconds(300);
  options.life.failure_pause = seconds(2);
  options.machine.machine = machine.id;
  options.machine.boot = machine.boot_id();
  options.machine.host = "host " + machine.id;
  options.windows = machine.windows;
  options.check_pause = seconds(1);
  options.presence_ttl = milliseconds(2000 + prng.below(3000));
  return options;
}

/// Open for some seconds of the world, again and again until long after its end.
std::vector<Window> some_windows(Prng& prng) {
  std::vector<Window> windows;
  if (prng.chance(1, 2)) return windows;
  const milliseconds length(60'000 * prng.between(2, 4) + prng.below(60'000));
  for (std::uint32_t i = 0; i < windows_max; ++i) windows.push_back({{}, i * 5, length});
  return windows;
}

}  // namespace

struct LocksmithProgram::Life {
  Life(LocksmithProgram& program, milliseconds ttl)
      : store(program.shared_, program.client_),
        hub(std::make_shared<Hub>(store)),
        host(program.shared_, store, program.machine_, program.prng_.split(1), health_hold,
             {[&program] { program.go_down(); }, [&program] { program.crash_soon(); }, [&program] { return program.has_slot(); }}),
        group(hub, {ttl, "client " + std::to_string(program.client_.endpoint())}, std::string(group_name)),
        agent(std::make_shared<fleet::Agent>(group, host, some_options(program.machine_, program.prng_))) {}
  SimStore store;
  HubPtr hub;
  SimHost host;
  fleet::Group group;
  std::shared_ptr<fleet::Agent> agent;
};

LocksmithProgram::LocksmithProgram(EngineWorld& shared, SimClient& client, std::shared_ptr<LocksmithWorld> common)
    : shared_(shared), client_(client), common_(std::move(common)), prng_(shared.world.stream(9000 + client.endpoint())) {
  machine_.id = "m" + std::to_string(client.endpoint());
  machine_.windows = some_windows(prng_);
  common_->machines[machine_.id] = &machine_;
  client_.on_crash = [this] {
    end_life();
    if (!machine_.down) begin_life();
  };
}

LocksmithProgram::~LocksmithProgram() { end_life(); }

void LocksmithProgram::begin_life() {
  const auto life = std::make_shared<Life>(*this, milliseconds(2000 + prng_.below(3000)));
  life_ = life;
  lives_.push_back(life);
  std::optional<Journal> journal;
  if (!machine_.disk.empty()) journal = *decode_journal(machine_.disk);
  life->agent->start(std::move(journal));
  if (life != life_) return;
  misfortunes(life);
  operate(life);
  if (proving_from_) open_group(life);
}

void LocksmithProgram::end_life() {
  const auto life = std::exchange(life_, nullptr);
  if (!life) return;
  life->agent->stop();
  life->store.close();
}

/// From outside: a process does not end itself in the middle of a step.
void LocksmithProgram::crash_soon() {
  shared_.world.after(Duration(1), "kill", [this, life = life_] {
    if (life && life == life_) client_.crash();
  });
}

void LocksmithProgram::go_down() {
  machine_.going_down = false;
  machine_.down = true;
  client_.crash();
  shared_.world.after(prng_.between(milliseconds(100), seconds(3)), "comes back", [this] {
    ++machine_.boot;
    ++machine_.reboots;
    machine_.down = false;
    machine_.needs = false;
    if (!machine_.honest && prng_.chance(1, 3)) machine_.well = false;
    begin_life();
  });
}

bool LocksmithProgram::has_slot() const {
  for (const auto& [key, row] :
       shared_.store.rows_at(key_of(kind::reboot, group_name) + "//slot/", Revision(shared_.store.reference().size())))
    if (claim_from_json(row.value).machine == machine_.id) return true;
  return false;
}

/// The daemon is stopped, sometimes past every TTL, or dies; the machine needs a reboot, or falls ill.
Detached LocksmithProgram::misfortunes(LifePtr life) {
  while (goes_on(life)) {
    Task<Result<bool>> waiting = pause(life->store, prng_.between(milliseconds(100), seconds(3)), Call{});
    (void)co_await std::move(waiting);
    if (!goes_on(life)) co_return;
    if (prng_.chance(1, 6)) crash_soon();
    if (prng_.chance(1, 10)) client_.pause(prng_.between(milliseconds(10), prng_.chance(1, 2) ? seconds(6) : seconds(1)));
    if (prng_.chance(1, 3)) machine_.needs = prng_.chance(4, 5) || machine_.going_down;
    machine_.well = prng_.chance(3, 4);
  }
}

Policy LocksmithProgram::some_policy(Policy policy) {
  policy.slots =
      prng_.chance(1, 3) ? Amount{Amount::Kind::percent, prng_.between(1, 100)} : Amount{Amount::Kind::absolute, prng_.below(3)};
  policy.paused = prng_.chance(1, 5);
  policy.order = prng_.chance(1, 3) ? Order::priority : Order::arrival;
  policy.spacing = prng_.chance(1, 4) ? milliseconds(2000) : milliseconds(0);
  policy.unhealthy_max.reset();
  if (prng_.chance(1, 4)) policy.unhealthy_max = Amount{Amount::Kind::absolute, 1};
  policy.deadline = milliseconds(2000);
  policy.auto_release.reset();
  if (prng_.chance(1, 5)) policy.auto_release = AutoRelease{milliseconds(5000), 1};
  return policy;
}

Detached LocksmithProgram::operate(LifePtr life) {
  while (goes_on(life)) {
    Task<Result<bool>> waiting = pause(life->store, prng_.between(milliseconds(500), seconds(6)), Call{});
    (void)co_await std::move(waiting);
    if (!goes_on(life)) co_return;
    Call call;
    call.deadline = life->store.now() + seconds(5);
    const auto whom = std::next(common_->machines.begin(), static_cast<std::ptrdiff_t>(prng_.below(common_->machines.size())));
    const std::uint64_t deed = prng_.below(6);
    if (deed < 3) {
      auto changing =
          life->group.change([this](Policy policy) { return Result<Policy>(some_policy(std::move(policy))); }, Entry{}, call);
      (void)co_await std::move(changing);
    } else if (deed == 3) {
      whom->second->evicted_at = shared_.world.now();  // and once more when the answer comes
      fleet::ReleaseRequest request;
      request.machine = whom->first;
      request.deed = Deed::evicted;
      auto evicting = life->group.release(std::move(request), call);
      (void)co_await std::move(evicting);
    } else if (deed == 4) {
      Wish wish;
      wish.reason = "wished";
      auto wishing = life->group.wish(whom->first, std::move(wish), call);
      (void)co_await std::move(wishing);
    }
    whom->second->evicted_at = deed == 3 ? shared_.world.now() : whom->second->evicted_at;
  }
}

/// Everybody needs a reboot once more, nothing fails any more, and the group lets two machines at a time.
void LocksmithProgram::prove_life() {
  proving_from_ = machine_.reboots;
  machine_.honest = machine_.well = machine_.needs = true;
  if (life_) open_group(life_);
}

Detached LocksmithProgram::open_group(LifePtr life) {
  while (life == life_) {
    Call call;
    call.deadline = life->store.now() + seconds(5);
    Policy open;
    open.slots.number = 2;
    auto changing = life->group.change([open](const Policy&) { return Result<Policy>(open); }, Entry{}, call);
    Result<Policy> changed = co_await std::move(changing);
    if (changed) co_return;
  }
}

bool LocksmithProgram::alive() const {
  if (!proving_from_ || machine_.reboots == *proving_from_ || !life_) return false;
  return life_->agent->life().stage() == Stage::idle && !machine_.drained && !has_slot();
}

void LocksmithProgram::judge(Revision) const {
  if (common_->machines.begin()->second == &machine_) judge_locksmith(shared_.store, std::string(group_name), common_->machines);
}

}  // namespace conclave::sim
