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

auto campaign_of(conclave_election* election, std::string value) {
  return [election, value = std::move(value)](const Wait& wait, std::function<void(Result<Leadership>)> done) {
    election->recipe.campaign(value, std::move(done), wait);
  };
}

struct ToLeadership {
  std::shared_ptr<Operations> operations;
  [[nodiscard]] Result<std::unique_ptr<conclave_leadership>> operator()(Result<Leadership> outcome) const {
    if (!outcome) return fail(std::move(outcome.error()));
    return std::make_unique<conclave_leadership>(*operations, std::move(*outcome));
  }
};

auto proclaim_of(conclave_leadership* leadership, std::string value) {
  return [leadership, value = std::move(value)](const Wait& wait, std::function<void(Result<void>)> done) {
    leadership->thing.proclaim(value, std::move(done), wait);
  };
}

conclave_code listen(conclave_leadership* leadership, conclave_hold_callback call, void* user,
                     void (Leadership::*to)(std::function<void()> handler)) {
  if (leadership == nullptr || call == nullptr) return CONCLAVE_INVALID_ARGUMENT;
  return guarded(nullptr, [&] {
    (leadership->thing.*to)(leadership->callback(call, user));
    return CONCLAVE_OK;
  });
}

void tell_leader(conclave_leader_callback on_leader, void* user, const Result<std::optional<Leader>>& told) {
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
  Attempt attempt(operations_of(election));
  attempt.in.require(on_leader != nullptr, "the callback is NULL");
  attempt.in.require(observation != nullptr, "the out parameter is NULL");
  if (const auto refusal = attempt.refusal(false)) return report(error, *refusal);
  auto made = std::make_unique<conclave_observation>();
  made->gate = std::make_shared<Gate>(attempt.operations().client());
  made->observation = election->recipe.observe([gate = made->gate, on_leader, user](const Result<std::optional<Leader>>& told) {
    gate->pass([&] { tell_leader(on_leader, user, told); });
  });
  *observation = made.release();
  return report_success(error);
}

conclave_code ask_leader(conclave_election* election, std::int64_t timeout_ms, conclave_leader** leader, conclave_error* error) {
  auto attempt = attempt_on(election, timeout_ms);
  attempt.in.require(leader != nullptr, "the out parameter is NULL");
  if (const auto refusal = attempt.refusal(true)) return report(error, *refusal);
  auto asked = election->recipe.leader(Wait{attempt.timeout, {}});
  if (!asked) return report(error, asked.error());
  *leader = *asked ? new OwnedLeader(std::move(**asked)) : nullptr;
  return report_success(error);
}

}  // namespace
}  // namespace conclave::c

using conclave::c::attempt_on;
using conclave::c::guarded;
using conclave::c::LockArguments;
using conclave::recipes::Leadership;

extern "C" {

conclave_code conclave_election_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                    conclave_election** election, conclave_error* error) {
  return conclave::c::make_recipe(client, name, options, election, error, [&](const LockArguments& with) {
    return new conclave_election(client, with.name, conclave::recipes::ElectionOptions{with.ttl, with.owner, with.note});
  });
}
void conclave_election_free(conclave_election* election) { delete election; }
conclave_code conclave_election_campaign(conclave_election* election, conclave_bytes value, int64_t timeout_ms, conclave_stop* stop,
                                         conclave_leadership** leadership, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(election, timeout_ms);
    auto begin = conclave::c::campaign_of(election, attempt.in.bytes(value, "the value"));
    return conclave::c::take<Leadership>(attempt, stop, leadership, error, std::move(begin),
                                         conclave::c::ToLeadership{operations_of(election)});
  });
}
conclave_code conclave_election_campaign_async(conclave_election* election, conclave_bytes value, int64_t timeout_ms,
                                               conclave_stop* stop, conclave_leadership_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(election, timeout_ms);
    auto begin = conclave::c::campaign_of(election, attempt.in.bytes(value, "the value"));
    return conclave::c::take_async<Leadership>(attempt, stop, done, user, std::move(begin),
                                               conclave::c::ToLeadership{operations_of(election)});
  });
}
conclave_code conclave_election_leader(conclave_election* election, int64_t timeout_ms, conclave_leader** leader,
                                       conclave_error* error) {
  return guarded(error, [&] { return conclave::c::ask_leader(election, timeout_ms, leader, error); });
}
void conclave_leader_free(conclave_leader* leader) { delete static_cast<conclave::c::OwnedLeader*>(leader); }
conclave_code conclave_election_observe(conclave_election* election, conclave_leader_callback on_leader, void* user,
                                        conclave_observation** observation, conclave_error* error) {
  return guarded(error, [&] { return conclave::c::observe(election, on_leader, user, observation, error); });
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
  return conclave::c::millis_of(std::chrono::floor<std::chrono::milliseconds>(left));
}
const conclave_guard* conclave_leadership_guard(const conclave_leadership* leadership) {
  return leadership == nullptr ? nullptr : &leadership->guard;
}
conclave_revision conclave_leadership_token(const conclave_leadership* leadership) {
  return leadership == nullptr ? 0 : leadership->guard.create_revision;
}
conclave_code conclave_leadership_on_lost(conclave_leadership* leadership, conclave_hold_callback on_lost, void* user) {
  return conclave::c::listen(leadership, on_lost, user, &Leadership::on_lost);
}
conclave_code conclave_leadership_on_jeopardy(conclave_leadership* leadership, conclave_hold_callback on_jeopardy, void* user) {
  return conclave::c::listen(leadership, on_jeopardy, user, &Leadership::on_jeopardy);
}
conclave_code conclave_leadership_proclaim(conclave_leadership* leadership, conclave_bytes value, int64_t timeout_ms,
                                           conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(leadership, timeout_ms);
    auto begin = conclave::c::proclaim_of(leadership, attempt.in.bytes(value, "the value"));
    return conclave::c::carry_out(attempt, nullptr, error, std::move(begin));
  });
}
conclave_code conclave_leadership_proclaim_async(conclave_leadership* leadership, conclave_bytes value, int64_t timeout_ms,
                                                 conclave_done_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(leadership, timeout_ms);
    auto begin = conclave::c::proclaim_of(leadership, attempt.in.bytes(value, "the value"));
    return conclave::c::carry_out_async(attempt, nullptr, done, user, std::move(begin));
  });
}
conclave_code conclave_leadership_resign(conclave_leadership* leadership, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(leadership, timeout_ms);
    return conclave::c::ask_done(attempt, error,
                                 [&](const conclave::recipes::Wait& wait) { return leadership->thing.resign(wait); });
  });
}
void conclave_leadership_free(conclave_leadership* leadership) { delete leadership; }

}  // extern "C"
