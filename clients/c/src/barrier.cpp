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

using recipes::Hold;
using recipes::Wait;
using Done = std::function<void(Result<void>)>;
using Counted = std::function<void(Result<std::int64_t>)>;

auto close_of(conclave_barrier* barrier) {
  return [barrier](const Wait& wait, Done done) { barrier->recipe.close(std::move(done), wait); };
}
auto open_of(conclave_barrier* barrier) {
  return [barrier](const Wait& wait, Done done) { barrier->recipe.open(std::move(done), wait); };
}
/// Of a barrier or a latch.
template <class Handle>
auto wait_of(Handle* handle) {
  return [handle](const Wait& wait, Done done) { handle->recipe.wait(std::move(done), wait); };
}

auto get_of(conclave_counter* counter) {
  return [counter](const Wait& wait, Counted done) { counter->recipe.get(std::move(done), wait); };
}
auto add_of(conclave_counter* counter, std::int64_t delta) {
  return [counter, delta](const Wait& wait, Counted done) { counter->recipe.add(std::move(done), delta, wait); };
}
auto set_of(conclave_counter* counter, std::int64_t value) {
  return [counter, value](const Wait& wait, Done done) { counter->recipe.set(std::move(done), value, wait); };
}

auto count_down_of(conclave_latch* latch, std::uint32_t by) {
  return [latch, by](const Wait& wait, Counted done) { latch->recipe.count_down(std::move(done), by, wait); };
}
auto reset_of(conclave_latch* latch, std::uint32_t count) {
  return [latch, count](const Wait& wait, Done done) { latch->recipe.reset(std::move(done), count, wait); };
}

auto enter_of(conclave_double_barrier* barrier) {
  return [barrier](const Wait& wait, std::function<void(Result<Hold>)> done) { barrier->recipe.enter(std::move(done), wait); };
}
auto leave_of(conclave_double_barrier* barrier, conclave_hold* hold) {
  return [barrier, hold](Arguments& in) {
    in.require(hold != nullptr, "hold is NULL");
    return [barrier, hold](const Wait& wait, Done done) { barrier->recipe.leave(std::move(hold->thing), std::move(done), wait); };
  };
}

/// Stores a value that the program may not want.
auto into(std::int64_t* to) {
  return [to](std::int64_t value) {
    if (to != nullptr) *to = value;
  };
}
/// Tells a value to a callback.
auto teller(conclave_counter_callback done, void* user) {
  return [done, user](const conclave_error* error, const std::int64_t* value) { done(user, error, value == nullptr ? 0 : *value); };
}

}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

conclave_code conclave_barrier_new(conclave_client* client, const char* name, conclave_barrier** barrier, conclave_error* error) {
  return make_recipe(client, name, nullptr, barrier, error,
                     [&](const LockArguments& with) { return new conclave_barrier(client, with.name); });
}
void conclave_barrier_free(conclave_barrier* barrier) { delete barrier; }
conclave_code conclave_barrier_close(conclave_barrier* barrier, int64_t timeout_ms, conclave_error* error) {
  return carry_out(barrier, timeout_ms, nullptr, error, close_of(barrier));
}
conclave_code conclave_barrier_close_async(conclave_barrier* barrier, int64_t timeout_ms, conclave_done_callback done, void* user) {
  return carry_out_async(barrier, timeout_ms, nullptr, close_of(barrier), done, user);
}
conclave_code conclave_barrier_open(conclave_barrier* barrier, int64_t timeout_ms, conclave_error* error) {
  return carry_out(barrier, timeout_ms, nullptr, error, open_of(barrier));
}
conclave_code conclave_barrier_open_async(conclave_barrier* barrier, int64_t timeout_ms, conclave_done_callback done, void* user) {
  return carry_out_async(barrier, timeout_ms, nullptr, open_of(barrier), done, user);
}
conclave_code conclave_barrier_wait(conclave_barrier* barrier, int64_t timeout_ms, conclave_stop* stop, conclave_error* error) {
  return carry_out(barrier, timeout_ms, stop, error, wait_of(barrier));
}
conclave_code conclave_barrier_wait_async(conclave_barrier* barrier, int64_t timeout_ms, conclave_stop* stop,
                                          conclave_done_callback done, void* user) {
  return carry_out_async(barrier, timeout_ms, stop, wait_of(barrier), done, user);
}

conclave_code conclave_counter_new(conclave_client* client, const char* name, int64_t initial, conclave_counter** counter,
                                   conclave_error* error) {
  return make_recipe(client, name, nullptr, counter, error,
                     [&](const LockArguments& with) { return new conclave_counter(client, with.name, initial); });
}
void conclave_counter_free(conclave_counter* counter) { delete counter; }
conclave_code conclave_counter_get(conclave_counter* counter, int64_t timeout_ms, int64_t* value, conclave_error* error) {
  return learn<int64_t>(counter, timeout_ms, nullptr, error, get_of(counter), into(value));
}
conclave_code conclave_counter_get_async(conclave_counter* counter, int64_t timeout_ms, conclave_counter_callback done,
                                         void* user) {
  return learn_async<int64_t>(counter, timeout_ms, nullptr, get_of(counter), done, teller(done, user));
}
conclave_code conclave_counter_add(conclave_counter* counter, int64_t delta, int64_t timeout_ms, int64_t* value,
                                   conclave_error* error) {
  return learn<int64_t>(counter, timeout_ms, nullptr, error, add_of(counter, delta), into(value));
}
conclave_code conclave_counter_add_async(conclave_counter* counter, int64_t delta, int64_t timeout_ms,
                                         conclave_counter_callback done, void* user) {
  return learn_async<int64_t>(counter, timeout_ms, nullptr, add_of(counter, delta), done, teller(done, user));
}
conclave_code conclave_counter_set(conclave_counter* counter, int64_t value, int64_t timeout_ms, conclave_error* error) {
  return carry_out(counter, timeout_ms, nullptr, error, set_of(counter, value));
}
conclave_code conclave_counter_set_async(conclave_counter* counter, int64_t value, int64_t timeout_ms, conclave_done_callback done,
                                         void* user) {
  return carry_out_async(counter, timeout_ms, nullptr, set_of(counter, value), done, user);
}

conclave_code conclave_latch_new(conclave_client* client, const char* name, uint32_t count, conclave_latch** latch,
                                 conclave_error* error) {
  return make_recipe(client, name, nullptr, latch, error,
                     [&](const LockArguments& with) { return new conclave_latch(client, with.name, count); });
}
void conclave_latch_free(conclave_latch* latch) { delete latch; }
conclave_code conclave_latch_count_down(conclave_latch* latch, uint32_t by, int64_t timeout_ms, int64_t* left,
                                        conclave_error* error) {
  return learn<int64_t>(latch, timeout_ms, nullptr, error, count_down_of(latch, by), into(left));
}
conclave_code conclave_latch_count_down_async(conclave_latch* latch, uint32_t by, int64_t timeout_ms,
                                              conclave_counter_callback done, void* user) {
  return learn_async<int64_t>(latch, timeout_ms, nullptr, count_down_of(latch, by), done, teller(done, user));
}
conclave_code conclave_latch_wait(conclave_latch* latch, int64_t timeout_ms, conclave_stop* stop, conclave_error* error) {
  return carry_out(latch, timeout_ms, stop, error, wait_of(latch));
}
conclave_code conclave_latch_wait_async(conclave_latch* latch, int64_t timeout_ms, conclave_stop* stop, conclave_done_callback done,
                                        void* user) {
  return carry_out_async(latch, timeout_ms, stop, wait_of(latch), done, user);
}
conclave_code conclave_latch_reset(conclave_latch* latch, uint32_t count, int64_t timeout_ms, conclave_error* error) {
  return carry_out(latch, timeout_ms, nullptr, error, reset_of(latch, count));
}
conclave_code conclave_latch_reset_async(conclave_latch* latch, uint32_t count, int64_t timeout_ms, conclave_done_callback done,
                                         void* user) {
  return carry_out_async(latch, timeout_ms, nullptr, reset_of(latch, count), done, user);
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
  return take<Hold>(barrier, timeout_ms, stop, hold, error, enter_of(barrier), ToHold{});
}
conclave_code conclave_double_barrier_enter_async(conclave_double_barrier* barrier, int64_t timeout_ms, conclave_stop* stop,
                                                  conclave_hold_taken_callback done, void* user) {
  return take_async<Hold>(barrier, timeout_ms, stop, enter_of(barrier), done, user, ToHold{});
}
conclave_code conclave_double_barrier_leave(conclave_double_barrier* barrier, conclave_hold* hold, int64_t timeout_ms,
                                            conclave_stop* stop, conclave_error* error) {
  return carry_out(barrier, timeout_ms, stop, error, leave_of(barrier, hold));
}
conclave_code conclave_double_barrier_leave_async(conclave_double_barrier* barrier, conclave_hold* hold, int64_t timeout_ms,
                                                  conclave_stop* stop, conclave_done_callback done, void* user) {
  return carry_out_async(barrier, timeout_ms, stop, leave_of(barrier, hold), done, user);
}

}  // extern "C"
