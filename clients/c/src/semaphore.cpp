#include "conclave/c/semaphore.h"

#include "conclave/recipes/semaphore.hpp"
#include "held.hpp"

struct conclave_semaphore : conclave::c::RecipeHandle<conclave::recipes::Semaphore> {
  using RecipeHandle::RecipeHandle;
};

namespace conclave::c {
namespace {

using recipes::Hold;
using recipes::Wait;

auto acquire_of(conclave_semaphore* semaphore, std::uint64_t weight) {
  return [semaphore, weight](const Wait& wait, std::function<void(Result<Hold>)> done) {
    semaphore->recipe.acquire(std::move(done), weight, wait);
  };
}
auto try_acquire_of(conclave_semaphore* semaphore, std::uint64_t weight) {
  return [semaphore, weight](const Wait& wait, std::function<void(Result<std::optional<Hold>>)> done) {
    semaphore->recipe.try_acquire(std::move(done), weight, wait);
  };
}

Result<std::unique_ptr<conclave_line>> line_of_status(Result<recipes::SemaphoreStatus> status) {
  if (!status) return fail(std::move(status.error()));
  Lines all = std::move(status->holders);
  const std::size_t holding = all.size();
  for (recipes::Holder& waiter : status->waiters) all.push_back(std::move(waiter));
  auto line = std::make_unique<conclave_line>(std::move(all));
  line->holding = holding;
  line->slots = status->slots;
  line->held = status->held;
  line->over_committed = status->over_committed;
  return line;
}

}  // namespace
}  // namespace conclave::c

using conclave::c::attempt_on;
using conclave::c::guarded;
using conclave::c::LockArguments;
using conclave::c::ToHold;
using conclave::recipes::Hold;
using conclave::recipes::Wait;

extern "C" {

conclave_code conclave_semaphore_new(conclave_client* client, const char* name, uint64_t slots,
                                     const conclave_lock_options* options, conclave_semaphore** semaphore, conclave_error* error) {
  return conclave::c::make_recipe(client, name, options, semaphore, error, [&](const LockArguments& with) {
    return new conclave_semaphore(client, with.name, conclave::recipes::SemaphoreOptions{slots, with.ttl, with.owner, with.note});
  });
}
void conclave_semaphore_free(conclave_semaphore* semaphore) { delete semaphore; }
conclave_code conclave_semaphore_acquire(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms, conclave_stop* stop,
                                         conclave_hold** hold, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(semaphore, timeout_ms);
    return conclave::c::take<Hold>(attempt, stop, hold, error, conclave::c::acquire_of(semaphore, weight),
                                   ToHold{operations_of(semaphore)});
  });
}
conclave_code conclave_semaphore_acquire_async(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                               conclave_stop* stop, conclave_hold_taken_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(semaphore, timeout_ms);
    return conclave::c::take_async<Hold>(attempt, stop, done, user, conclave::c::acquire_of(semaphore, weight),
                                         ToHold{operations_of(semaphore)});
  });
}
conclave_code conclave_semaphore_try_acquire(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                             conclave_hold** hold, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(semaphore, timeout_ms);
    return conclave::c::take<std::optional<Hold>>(attempt, nullptr, hold, error, conclave::c::try_acquire_of(semaphore, weight),
                                                  ToHold{operations_of(semaphore)});
  });
}
conclave_code conclave_semaphore_try_acquire_async(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                                   conclave_hold_taken_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(semaphore, timeout_ms);
    return conclave::c::take_async<std::optional<Hold>>(
        attempt, nullptr, done, user, conclave::c::try_acquire_of(semaphore, weight), ToHold{operations_of(semaphore)});
  });
}
conclave_code conclave_semaphore_resize(conclave_semaphore* semaphore, uint64_t slots, int64_t timeout_ms, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(semaphore, timeout_ms);
    return conclave::c::ask_done(attempt, error, [&](const Wait& wait) { return semaphore->recipe.resize(slots, wait); });
  });
}
conclave_code conclave_semaphore_line(conclave_semaphore* semaphore, int64_t timeout_ms, conclave_line** line,
                                      conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(semaphore, timeout_ms);
    return conclave::c::ask_handle(attempt, line, error,
                                   [&](const Wait& wait) { return conclave::c::line_of_status(semaphore->recipe.status(wait)); });
  });
}

}  // extern "C"
