#include "recipes/mortal.hpp"

namespace conclave::sim {

using namespace recipes::core;

Life::Life(EngineWorld& shared, SimClient& client, milliseconds ttl)
    : store(shared, client),
      hub(std::make_shared<Hub>(store)),
      keeper{ttl, "client " + std::to_string(client.endpoint()), milliseconds(0)} {}

MortalProgram::MortalProgram(EngineWorld& shared, SimClient& client, std::uint64_t stream)
    : shared_(shared), client_(client), prng_(shared.world.stream(stream + client.endpoint())) {
  client_.on_crash = [this] {
    end_life();
    begin_life();
  };
}

void MortalProgram::begin_life() {
  life_ = std::make_shared<Life>(shared_, client_, milliseconds(2000 + prng_.below(3000)));
  lives_.push_back(life_);
  misfortunes(life_);
  live(life_);
}

void MortalProgram::end_life() {
  const auto life = std::exchange(life_, nullptr);
  if (!life) return;
  died();
  life->store.close();
}

Call MortalProgram::some_call(const LifePtr& life) {
  Call call;
  if (prng_.chance(2, 3)) call.deadline = life->store.now() + prng_.between(milliseconds(50), seconds(15));
  if (!prng_.chance(1, 4)) return call;
  life->store.call_at(life->store.now() + prng_.between(Duration(0), seconds(5)), [stop = call.stop] { stop->raise(); });
  return call;
}

Task<Result<bool>> MortalProgram::rest(LifePtr life, std::int64_t intervals) {
  Task<Result<bool>> resting = pause(life->store, prng_.between(Duration(0), shared_.swarm.work_interval * intervals), Call{});
  (void)co_await std::move(resting);
  co_return goes_on(life);
}

Detached MortalProgram::misfortunes(LifePtr life) {
  while (goes_on(life)) {
    Task<Result<bool>> waiting = pause(life->store, prng_.between(milliseconds(100), seconds(8)), Call{});
    (void)co_await std::move(waiting);
    if (!goes_on(life)) co_return;
    if (prng_.chance(1, 6)) {
      // From outside: a process does not kill itself in the middle of a step.
      shared_.world.after(Duration(1), "kill", [this, life] {
        if (goes_on(life)) client_.crash();
      });
    } else if (prng_.chance(1, 2)) {
      client_.pause(prng_.between(milliseconds(10), prng_.chance(1, 2) ? seconds(9) : seconds(1)));
    }
  }
}

void MortalProgram::lease_ended(LeaseId lease) const {
  const auto health = client_.core().lease_health(lease, client_.now());
  require(!health || *health == client::LeaseHealth::lost, [&] {
    return "lease " + to_string(lease) + " ends at the servers while client " + std::to_string(client_.endpoint()) +
           " may still trust it";
  });
}

}  // namespace conclave::sim
