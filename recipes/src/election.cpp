#include "conclave/recipes/election.hpp"

#include "conclave/recipes_core/election.hpp"
#include "conclave/recipes_core/names.hpp"
#include "hold_access.hpp"
#include "teller.hpp"

namespace conclave::recipes {
namespace {

std::optional<Leader> leader_of(const std::optional<core::Seat>& seat) {
  if (!seat) return std::nullopt;
  return Leader{seat->key, seat->token, seat->lease, seat->record.owner, seat->record.value.value_or(std::string())};
}

}  // namespace

struct Election::State {
  State(Client& client, const std::string& name, const ElectionOptions& options)
      : base(client),
        valid(core::check_name(name)),
        election(base.hub, {options.ttl, options.owner.empty() ? default_owner() : options.owner},
                 core::directory_of(core::kind::election, name), options.note) {}
  Base base;
  Result<void> valid;
  core::Election election;
};

Election::Election(Client& client, std::string name, ElectionOptions options)
    : state_(std::make_unique<State>(client, name, options)) {}
Election::Election(Election&&) noexcept = default;
Election& Election::operator=(Election&&) noexcept = default;
Election::~Election() = default;

void Election::campaign(std::string value, std::function<void(Result<Leadership>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run<core::PlacePtr>(
      state_->base.loop, wait,
      [election = state_->election, value = std::move(value)](core::Call call) {
        return election.campaign(value, std::move(call));
      },
      to_hold<Hold>(state_->base.loop, [done = std::move(done)](Result<Hold> hold) {
        if (!hold) return done(fail(std::move(hold.error())));
        done(Leadership(std::move(*hold)));
      }));
}
Result<Leadership> Election::campaign(std::string value, Wait wait) {
  return blocking<Leadership>(*state_->base.loop, [&](auto done) { campaign(std::move(value), std::move(done), wait); });
}

void Election::leader(std::function<void(Result<std::optional<Leader>>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_and_convert<std::optional<core::Seat>>(
      state_->base.loop, wait, [election = state_->election](core::Call call) { return election.leader(std::move(call)); },
      std::move(done), leader_of);
}
Result<std::optional<Leader>> Election::leader(Wait wait) {
  return blocking<std::optional<Leader>>(*state_->base.loop, [&](auto done) { leader(std::move(done), wait); });
}

void Election::proclaim(std::function<void(Result<void>)> done, Guard leader, std::string value, Wait wait) {
  if (!state_->valid) return done(state_->valid);
  run_to_end(
      state_->base.loop, wait,
      [election = state_->election, leader = std::move(leader), value = std::move(value)](core::Call call) {
        return election.proclaim_as(leader, value, std::move(call));
      },
      std::move(done));
}
Result<void> Election::proclaim(Guard leader, std::string value, Wait wait) {
  return blocking<void>(*state_->base.loop,
                        [&](auto done) { proclaim(std::move(done), std::move(leader), std::move(value), wait); });
}

// --- Observation
// ------------------------------------------------------------------------------------------------------------------

struct Observation::State {
  std::shared_ptr<ClientLoop> loop;
  std::shared_ptr<core::Signal> stop = std::make_shared<core::Signal>();
  Teller teller;
};

Observation::Observation() = default;
Observation::Observation(std::unique_ptr<State> state) : state_(std::move(state)) {}
Observation::Observation(Observation&&) noexcept = default;
Observation& Observation::operator=(Observation&& other) noexcept {
  if (this != &other) {
    const Observation old(std::move(*this));
    state_ = std::move(other.state_);
  }
  return *this;
}
Observation::~Observation() {
  if (!state_) return;
  state_->teller.close();
  state_->loop->post([stop = state_->stop] { stop->raise(); });
}

Observation Election::observe(OnLeader on_leader) {
  auto state = std::make_unique<Observation::State>();
  state->loop = state_->base.loop;
  const auto told = [on_leader = state->teller.pass(std::move(on_leader))](const Result<std::optional<core::Seat>>& seat) {
    if (!seat) return on_leader(fail(seat.error()));
    on_leader(leader_of(*seat));
  };
  if (!state_->valid) {
    told(fail(state_->valid.error()));
    return {};
  }
  state_->base.loop->post([election = state_->election, told, stop = state->stop] { election.observe(told, stop); });
  return Observation(std::move(state));
}

// --- Leadership
// -------------------------------------------------------------------------------------------------------------------

void Leadership::proclaim(std::string value, std::function<void(Result<void>)> done, Wait wait) {
  if (!hold_.is_held()) return done(fail(lease_lost, "the leadership was lost"));
  const auto place = HoldAccess::place_of(hold_);
  run_to_end(
      HoldAccess::loop_of(hold_), wait,
      [place, value = std::move(value)](core::Call call) { return core::Election::proclaim(place, value, std::move(call)); },
      std::move(done));
}
Result<void> Leadership::proclaim(std::string value, Wait wait) {
  if (!hold_.is_held()) return fail(lease_lost, "the leadership was lost");
  return blocking<void>(*HoldAccess::loop_of(hold_), [&](auto done) { proclaim(std::move(value), std::move(done), wait); });
}

}  // namespace conclave::recipes
