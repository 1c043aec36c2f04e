#include "conclave/c/election.h"

#include "conclave/recipes/election.hpp"
#include "held.hpp"

struct conclave_election : conclave::c::RecipeHandle<conclave::recipes::Election> {
  using RecipeHandle::RecipeHandle;
};
struct conclave_leadership : conclave::c::Held<conclave::recipes::Leadership> {
  using Held::Held;
};
struct conclave_observation {
  std::shared_ptr<conclave::c::Gate> gate;
  conclave::recipes::Observation observation;
};

namespace conclave::c {
namespace {

using recipes::Leader;
using recipes::Leadership;
using recipes::Wait;
using MaybeLeader = std::optional<Leader>;
using Done = std::function<void(Result<void>)>;

/// A leader and its C view, which is what the program holds.
struct OwnedLeader : conclave_leader {
  explicit OwnedLeader(Leader leader) : source(std::move(leader)) {
    key = {source.key.data(), source.key.size()};
    value = {source.value.data(), source.value.size()};
    token = source.token.value();
    lease = source.lease.value();
    owner = source.owner.c_str();
  }
  Leader source;
};

auto campaign_of(conclave_election* election, conclave_bytes value) {
  return [=](Arguments& in) {
    return [election, text = in.bytes(value, "the value")](const Wait& wait, std::function<void(Result<Leadership>)> done) {
      election->recipe.campaign(text, std::move(done), wait);
    };
  };
}
Result<std::unique_ptr<conclave_leadership>> to_leadership(const Operations& operations, Leadership leadership) {
  return std::make_unique<conclave_leadership>(operations, std::move(leadership));
}

auto leader_of(conclave_election* election) {
  return [election](const Wait& wait, std::function<void(Result<MaybeLeader>)> done) {
    election->recipe.leader(std::move(done), wait);
  };
}
using LeaderPtr = std::unique_ptr<conclave_leader, void (*)(conclave_leader*)>;
Result<LeaderPtr> to_leader(const Operations&, MaybeLeader leader) {
  return LeaderPtr(leader ? new OwnedLeader(std::move(*leader)) : nullptr, conclave_leader_free);
}

auto proclaim_as_of(conclave_election* election, const conclave_guard* leader, conclave_bytes value) {
  return [=](Arguments& in) {
    return [election, guard = in.guard(leader), text = in.bytes(value, "the value")](const Wait& wait, Done done) {
      election->recipe.proclaim(std::move(done), guard, text, wait);
    };
  };
}

auto proclaim_of(conclave_leadership* leadership, conclave_bytes value) {
  return [=](Arguments& in) {
    return [leadership, text = in.bytes(value, "the value")](const Wait& wait, Done done) {
      leadership->thing.proclaim(text, std::move(done), wait);
    };
  };
}
auto resign_of(conclave_leadership* leadership) {
  return [leadership](const Wait& wait, Done done) { leadership->thing.resign(std::move(done), wait); };
}

void tell_leader(conclave_leader_callback on_leader, void* user, const Result<MaybeLeader>& told) {
  conclave_error error;
  if (!told) {
    report(&error, told.error());
    return on_leader(user, &error, nullptr);
  }
  report_success(&error);
  if (!*told) return on_leader(user, &error, nullptr);
  const OwnedLeader lent(**told);
  on_leader(user, &error, &lent);
}

conclave_code observe(conclave_election* election, conclave_leader_callback on_leader, void* user,
                      conclave_observation** observation, conclave_error* error) {
  Attempt attempt = attempt_on(election, CONCLAVE_FOREVER);
  attempt.in.require(on_leader != nullptr, no_callback);
  attempt.in.require(observation != nullptr, no_out_parameter);
  if (const auto refusal = attempt.refusal(false)) return report(error, *refusal);
  auto made = std::make_unique<conclave_observation>();
  made->gate = std::make_shared<Gate>(attempt.operations().client());
  made->observation = election->recipe.observe([gate = made->gate, on_leader, user](const Result<MaybeLeader>& told) {
    gate->pass([&] { tell_leader(on_leader, user, told); });
  });
  *observation = made.release();
  return report_success(error);
}

}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

conclave_code conclave_election_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                    conclave_election** election, conclave_error* error) {
  return make_recipe(client, name, options, election, error, [&](const LockArguments& with) {
    return new conclave_election(client, with.name, conclave::recipes::ElectionOptions{with.ttl, with.owner, with.note});
  });
}
void conclave_election_free(conclave_election* election) { delete election; }
conclave_code conclave_election_campaign(conclave_election* election, conclave_bytes value, int64_t timeout_ms, conclave_stop* stop,
                                         conclave_leadership** leadership, conclave_error* error) {
  return take<Leadership>(election, timeout_ms, stop, leadership, error, campaign_of(election, value), to_leadership);
}
conclave_code conclave_election_campaign_async(conclave_election* election, conclave_bytes value, int64_t timeout_ms,
                                               conclave_stop* stop, conclave_leadership_callback done, void* user) {
  return take_async<Leadership>(election, timeout_ms, stop, campaign_of(election, value), done, user, to_leadership);
}
conclave_code conclave_election_leader(conclave_election* election, int64_t timeout_ms, conclave_leader** leader,
                                       conclave_error* error) {
  return take<MaybeLeader>(election, timeout_ms, nullptr, leader, error, leader_of(election), to_leader);
}
conclave_code conclave_election_leader_async(conclave_election* election, int64_t timeout_ms, conclave_leader_callback done,
                                             void* user) {
  return call_back<MaybeLeader>(election, timeout_ms, nullptr, leader_of(election), lacking_of(done),
                                [done, user](const conclave::Result<MaybeLeader>& asked) { tell_leader(done, user, asked); });
}
conclave_code conclave_election_proclaim(conclave_election* election, const conclave_guard* leader, conclave_bytes value,
                                         int64_t timeout_ms, conclave_error* error) {
  return carry_out(election, timeout_ms, nullptr, error, proclaim_as_of(election, leader, value));
}
conclave_code conclave_election_proclaim_async(conclave_election* election, const conclave_guard* leader, conclave_bytes value,
                                               int64_t timeout_ms, conclave_done_callback done, void* user) {
  return carry_out_async(election, timeout_ms, nullptr, proclaim_as_of(election, leader, value), done, user);
}
void conclave_leader_free(conclave_leader* leader) { delete static_cast<OwnedLeader*>(leader); }
conclave_code conclave_election_observe(conclave_election* election, conclave_leader_callback on_leader, void* user,
                                        conclave_observation** observation, conclave_error* error) {
  return guarded(error, [&] { return observe(election, on_leader, user, observation, error); });
}
void conclave_observation_free(conclave_observation* observation) {
  if (observation != nullptr) observation->gate->close();
  delete observation;
}

bool conclave_leadership_is_leader(const conclave_leadership* leadership) {
  return leadership != nullptr && leadership->thing.is_leader();
}
int64_t conclave_leadership_certain_for_ms(const conclave_leadership* leadership) {
  if (leadership == nullptr) return 0;
  const auto left = leadership->thing.is_leader_until() - std::chrono::steady_clock::now();
  return millis_of(std::chrono::floor<std::chrono::milliseconds>(left));
}
const conclave_guard* conclave_leadership_guard(const conclave_leadership* leadership) {
  return leadership == nullptr ? nullptr : &leadership->guard;
}
conclave_revision conclave_leadership_token(const conclave_leadership* leadership) {
  return leadership == nullptr ? 0 : leadership->guard.create_revision;
}
conclave_code conclave_leadership_on_lost(conclave_leadership* leadership, conclave_hold_callback on_lost, void* user) {
  return listen<Leadership>(leadership, on_lost, user, &Leadership::on_lost);
}
conclave_code conclave_leadership_on_jeopardy(conclave_leadership* leadership, conclave_hold_callback on_jeopardy, void* user) {
  return listen<Leadership>(leadership, on_jeopardy, user, &Leadership::on_jeopardy);
}
conclave_code conclave_leadership_proclaim(conclave_leadership* leadership, conclave_bytes value, int64_t timeout_ms,
                                           conclave_error* error) {
  return carry_out(leadership, timeout_ms, nullptr, error, proclaim_of(leadership, value));
}
conclave_code conclave_leadership_proclaim_async(conclave_leadership* leadership, conclave_bytes value, int64_t timeout_ms,
                                                 conclave_done_callback done, void* user) {
  return carry_out_async(leadership, timeout_ms, nullptr, proclaim_of(leadership, value), done, user);
}
conclave_code conclave_leadership_resign(conclave_leadership* leadership, int64_t timeout_ms, conclave_error* error) {
  return carry_out(leadership, timeout_ms, nullptr, error, resign_of(leadership));
}
conclave_code conclave_leadership_resign_async(conclave_leadership* leadership, int64_t timeout_ms, conclave_done_callback done,
                                               void* user) {
  return carry_out_async(leadership, timeout_ms, nullptr, resign_of(leadership), done, user);
}
void conclave_leadership_free(conclave_leadership* leadership) { delete leadership; }

}  // extern "C"
