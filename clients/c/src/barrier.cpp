#include "conclave/c/barrier.h"

#include "conclave/recipes/barrier.hpp"
#include "held.hpp"

struct conclave_barrier : conclave::c::RecipeHandle<conclave::recipes::Barrier> {
  using RecipeHandle::RecipeHandle;
};
struct conclave_counter : conclave::c::RecipeHandle<conclave::recipes::Counter> {
  using RecipeHandle::RecipeHandle;
};
struct conclave_latch : conclave::c::RecipeHandle<conclave::recipes::Latch> {
  using RecipeHandle::RecipeHandle;
};
struct conclave_double_barrier : conclave::c::RecipeHandle<conclave::recipes::DoubleBarrier> {
  using RecipeHandle::RecipeHandle;
};

namespace conclave::c {
namespace {

using recipes::Wait;

/// Begins to wait for a barrier or a latch.
template <class Handle>
auto wait_of(Handle* handle) {
  return [handle](const Wait& wait, std::function<void(Result<void>)> done) { handle->recipe.wait(std::move(done), wait); };
}
auto add_of(conclave_counter* counter, std::int64_t delta) {
  return [counter, delta](const Wait& wait, std::function<void(Result<std::int64_t>)> done) {
    counter->recipe.add(std::move(done), delta, wait);
  };
}
auto enter_of(conclave_double_barrier* barrier) {
  return [barrier](const Wait& wait, std::function<void(Result<recipes::Hold>)> done) {
    barrier->recipe.enter(std::move(done), wait);
  };
}
auto leave_of(conclave_double_barrier* barrier, conclave_hold* hold) {
  return [barrier, hold](const Wait& wait, std::function<void(Result<void>)> done) {
    barrier->recipe.leave(std::move(hold->thing), std::move(done), wait);
  };
}

/// Stores a value that the program may not want.
auto into(std::int64_t* to) {
  return [to](std::int64_t value) {
    if (to != nullptr) *to = value;
  };
}

template <class Handle>
conclave_code wait_for(Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(handle, timeout_ms);
    return carry_out(attempt, stop, error, wait_of(handle));
  });
}
template <class Handle>
conclave_code wait_for_async(Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, conclave_done_callback done,
                             void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(handle, timeout_ms);
    return carry_out_async(attempt, stop, done, user, wait_of(handle));
  });
}

}  // namespace
}  // namespace conclave::c

using conclave::c::attempt_on;
using conclave::c::guarded;
using conclave::c::into;
using conclave::c::LockArguments;
using conclave::c::make_recipe;
using conclave::recipes::Wait;

extern "C" {

conclave_code conclave_barrier_new(conclave_client* client, const char* name, conclave_barrier** barrier, conclave_error* error) {
  return make_recipe(client, name, nullptr, barrier, error,
                     [&](const LockArguments& with) { return new conclave_barrier(client, with.name); });
}
void conclave_barrier_free(conclave_barrier* barrier) { delete barrier; }
conclave_code conclave_barrier_close(conclave_barrier* barrier, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(barrier, timeout_ms);
    return conclave::c::ask_done(attempt, error, [&](const Wait& wait) { return barrier->recipe.close(wait); });
  });
}
conclave_code conclave_barrier_open(conclave_barrier* barrier, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(barrier, timeout_ms);
    return conclave::c::ask_done(attempt, error, [&](const Wait& wait) { return barrier->recipe.open(wait); });
  });
}
conclave_code conclave_barrier_wait(conclave_barrier* barrier, int64_t timeout_ms, conclave_stop* stop, conclave_error* error) {
  return conclave::c::wait_for(barrier, timeout_ms, stop, error);
}
conclave_code conclave_barrier_wait_async(conclave_barrier* barrier, int64_t timeout_ms, conclave_stop* stop,
                                          conclave_done_callback done, void* user) {
  return conclave::c::wait_for_async(barrier, timeout_ms, stop, done, user);
}

conclave_code conclave_counter_new(conclave_client* client, const char* name, int64_t initial, conclave_counter** counter,
                                   conclave_error* error) {
  return make_recipe(client, name, nullptr, counter, error,
                     [&](const LockArguments& with) { return new conclave_counter(client, with.name, initial); });
}
void conclave_counter_free(conclave_counter* counter) { delete counter; }
conclave_code conclave_counter_get(conclave_counter* counter, int64_t timeout_ms, int64_t* value, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(counter, timeout_ms);
    return conclave::c::ask_value(
        attempt, error, [&](const Wait& wait) { return counter->recipe.get(wait); }, into(value));
  });
}
conclave_code conclave_counter_add(conclave_counter* counter, int64_t delta, int64_t timeout_ms, int64_t* value,
                                   conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(counter, timeout_ms);
    return conclave::c::learn<int64_t>(attempt, nullptr, error, conclave::c::add_of(counter, delta), into(value));
  });
}
conclave_code conclave_counter_add_async(conclave_counter* counter, int64_t delta, int64_t timeout_ms,
                                         conclave_counter_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(counter, timeout_ms);
    attempt.in.require(done != nullptr, "the callback is NULL");
    return conclave::c::learn_async<int64_t>(
        attempt, nullptr, conclave::c::add_of(counter, delta),
        [done, user](const conclave_error& error, const int64_t* value) { done(user, &error, value == nullptr ? 0 : *value); });
  });
}
conclave_code conclave_counter_set(conclave_counter* counter, int64_t value, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(counter, timeout_ms);
    return conclave::c::ask_done(attempt, error, [&](const Wait& wait) { return counter->recipe.set(value, wait); });
  });
}

conclave_code conclave_latch_new(conclave_client* client, const char* name, uint32_t count, conclave_latch** latch,
                                 conclave_error* error) {
  return make_recipe(client, name, nullptr, latch, error,
                     [&](const LockArguments& with) { return new conclave_latch(client, with.name, count); });
}
void conclave_latch_free(conclave_latch* latch) { delete latch; }
conclave_code conclave_latch_count_down(conclave_latch* latch, uint32_t by, int64_t timeout_ms, int64_t* left,
                                        conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(latch, timeout_ms);
    return conclave::c::ask_value(
        attempt, error, [&](const Wait& wait) { return latch->recipe.count_down(by, wait); }, into(left));
  });
}
conclave_code conclave_latch_wait(conclave_latch* latch, int64_t timeout_ms, conclave_stop* stop, conclave_error* error) {
  return conclave::c::wait_for(latch, timeout_ms, stop, error);
}
conclave_code conclave_latch_wait_async(conclave_latch* latch, int64_t timeout_ms, conclave_stop* stop, conclave_done_callback done,
                                        void* user) {
  return conclave::c::wait_for_async(latch, timeout_ms, stop, done, user);
}
conclave_code conclave_latch_reset(conclave_latch* latch, uint32_t count, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(latch, timeout_ms);
    return conclave::c::ask_done(attempt, error, [&](const Wait& wait) { return latch->recipe.reset(count, wait); });
  });
}

conclave_code conclave_double_barrier_new(conclave_client* client, const char* name, uint32_t parties,
                                          const conclave_lock_options* options, conclave_double_barrier** barrier,
                                          conclave_error* error) {
  return make_recipe(client, name, options, barrier, error, [&](const LockArguments& with) {
    return new conclave_double_barrier(client, with.name, parties, conclave::recipes::DoubleBarrierOptions{with.ttl, with.owner});
  });
}
void conclave_double_barrier_free(conclave_double_barrier* barrier) { delete barrier; }
conclave_code conclave_double_barrier_enter(conclave_double_barrier* barrier, int64_t timeout_ms, conclave_stop* stop,
                                            conclave_hold** hold, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(barrier, timeout_ms);
    return conclave::c::take<conclave::recipes::Hold>(attempt, stop, hold, error, conclave::c::enter_of(barrier),
                                                      conclave::c::ToHold{operations_of(barrier)});
  });
}
conclave_code conclave_double_barrier_enter_async(conclave_double_barrier* barrier, int64_t timeout_ms, conclave_stop* stop,
                                                  conclave_hold_taken_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(barrier, timeout_ms);
    return conclave::c::take_async<conclave::recipes::Hold>(attempt, stop, done, user, conclave::c::enter_of(barrier),
                                                            conclave::c::ToHold{operations_of(barrier)});
  });
}
conclave_code conclave_double_barrier_leave(conclave_double_barrier* barrier, conclave_hold* hold, int64_t timeout_ms,
                                            conclave_stop* stop, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(barrier, timeout_ms);
    attempt.in.require(hold != nullptr, "hold is NULL");
    return conclave::c::carry_out(attempt, stop, error, conclave::c::leave_of(barrier, hold));
  });
}

}  // extern "C"
