#include "conclave/c/semaphore.h"

#include "conclave/recipes/semaphore.hpp"
#include "held.hpp"

struct conclave_semaphore : conclave::c::RecipeHandle<conclave::recipes::Semaphore> {
  using RecipeHandle::RecipeHandle;
};

namespace conclave::c {
namespace {

using recipes::Hold;
using recipes::SemaphoreStatus;
using recipes::Wait;
using MaybeHold = std::optional<Hold>;

auto acquire_of(conclave_semaphore* semaphore, std::uint64_t weight) {
  return [semaphore, weight](const Wait& wait, std::function<void(Result<Hold>)> done) {
    semaphore->recipe.acquire(std::move(done), weight, wait);
  };
}
auto try_acquire_of(conclave_semaphore* semaphore, std::uint64_t weight) {
  return [semaphore, weight](const Wait& wait, std::function<void(Result<MaybeHold>)> done) {
    semaphore->recipe.try_acquire(std::move(done), weight, wait);
  };
}
auto resize_of(conclave_semaphore* semaphore, std::uint64_t slots) {
  return [semaphore, slots](const Wait& wait, std::function<void(Result<void>)> done) {
    semaphore->recipe.resize(std::move(done), slots, wait);
  };
}
auto status_of(conclave_semaphore* semaphore) {
  return [semaphore](const Wait& wait, std::function<void(Result<SemaphoreStatus>)> done) {
    semaphore->recipe.status(std::move(done), wait);
  };
}

Result<std::unique_ptr<conclave_line>> line_of(const Operations&, SemaphoreStatus status) {
  Lines all = std::move(status.holders);
  const std::size_t holding = all.size();
  for (recipes::Holder& waiter : status.waiters) all.push_back(std::move(waiter));
  auto line = std::make_unique<conclave_line>(std::move(all));
  line->holding = holding;
  line->slots = status.slots;
  line->held = status.held;
  line->over_committed = status.over_committed;
  return line;
}

}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

conclave_code conclave_semaphore_new(conclave_client* client, const char* name, uint64_t slots,
                                     const conclave_lock_options* options, conclave_semaphore** semaphore, conclave_error* error) {
  return make_recipe(client, name, options, semaphore, error, [&](const LockArguments& with) {
    return new conclave_semaphore(client, with.name, conclave::recipes::SemaphoreOptions{slots, with.ttl, with.owner, with.note});
  });
}
void conclave_semaphore_free(conclave_semaphore* semaphore) { delete semaphore; }
conclave_code conclave_semaphore_acquire(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms, conclave_stop* stop,
                                         conclave_hold** hold, conclave_error* error) {
  return take<Hold>(semaphore, timeout_ms, stop, hold, error, acquire_of(semaphore, weight), ToHold{});
}
conclave_code conclave_semaphore_acquire_async(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                               conclave_stop* stop, conclave_hold_taken_callback done, void* user) {
  return take_async<Hold>(semaphore, timeout_ms, stop, acquire_of(semaphore, weight), done, user, ToHold{});
}
conclave_code conclave_semaphore_try_acquire(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                             conclave_hold** hold, conclave_error* error) {
  return take<MaybeHold>(semaphore, timeout_ms, nullptr, hold, error, try_acquire_of(semaphore, weight), ToHold{});
}
conclave_code conclave_semaphore_try_acquire_async(conclave_semaphore* semaphore, uint64_t weight, int64_t timeout_ms,
                                                   conclave_hold_taken_callback done, void* user) {
  return take_async<MaybeHold>(semaphore, timeout_ms, nullptr, try_acquire_of(semaphore, weight), done, user, ToHold{});
}
conclave_code conclave_semaphore_resize(conclave_semaphore* semaphore, uint64_t slots, int64_t timeout_ms, conclave_error* error) {
  return carry_out(semaphore, timeout_ms, nullptr, error, resize_of(semaphore, slots));
}
conclave_code conclave_semaphore_resize_async(conclave_semaphore* semaphore, uint64_t slots, int64_t timeout_ms,
                                              conclave_done_callback done, void* user) {
  return carry_out_async(semaphore, timeout_ms, nullptr, resize_of(semaphore, slots), done, user);
}
conclave_code conclave_semaphore_line(conclave_semaphore* semaphore, int64_t timeout_ms, conclave_line** line,
                                      conclave_error* error) {
  return take<SemaphoreStatus>(semaphore, timeout_ms, nullptr, line, error, status_of(semaphore), line_of);
}
conclave_code conclave_semaphore_line_async(conclave_semaphore* semaphore, int64_t timeout_ms, conclave_line_callback done,
                                            void* user) {
  return take_async<SemaphoreStatus>(semaphore, timeout_ms, nullptr, status_of(semaphore), done, user, line_of);
}

}  // extern "C"
