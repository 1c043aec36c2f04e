#include "conclave/c/lock.h"

#include "conclave/recipes/mutex.hpp"
#include "conclave/recipes/rw_lock.hpp"
#include "held.hpp"

struct conclave_mutex : conclave::c::RecipeHandle<conclave::recipes::Mutex> {
  using RecipeHandle::RecipeHandle;
};
struct conclave_rw_lock : conclave::c::RecipeHandle<conclave::recipes::RwLock> {
  using RecipeHandle::RecipeHandle;
};

namespace conclave::c {
namespace {

using recipes::Hold;
using recipes::Wait;
using Taken = std::function<void(Result<Hold>)>;
using Tried = std::function<void(Result<std::optional<Hold>>)>;

auto lock_of(conclave_mutex* mutex) {
  return [mutex](const Wait& wait, Taken done) { mutex->recipe.lock(std::move(done), wait); };
}
auto try_lock_of(conclave_mutex* mutex) {
  return [mutex](const Wait& wait, Tried done) { mutex->recipe.try_lock(std::move(done), wait); };
}
auto take_of(conclave_rw_lock* lock, conclave_rw_mode mode) {
  return [lock, mode](const Wait& wait, Taken done) {
    mode == CONCLAVE_RW_WRITE ? lock->recipe.lock(std::move(done), wait) : lock->recipe.lock_shared(std::move(done), wait);
  };
}
auto try_take_of(conclave_rw_lock* lock, conclave_rw_mode mode) {
  return [lock, mode](const Wait& wait, Tried done) {
    mode == CONCLAVE_RW_WRITE ? lock->recipe.try_lock(std::move(done), wait) : lock->recipe.try_lock_shared(std::move(done), wait);
  };
}

Attempt attempt_in_mode(const conclave_rw_lock* lock, conclave_rw_mode mode, std::int64_t timeout_ms) {
  Attempt attempt = attempt_on(lock, timeout_ms);
  attempt.in.require(mode == CONCLAVE_RW_READ || mode == CONCLAVE_RW_WRITE, "an unknown mode");
  return attempt;
}

bool writes(const recipes::Holder& holder) { return holder.key.find("//w/") != std::string::npos; }

/// The first writer alone, or the readers before it.
std::size_t holders_of_rw(const Lines& line) {
  if (!line.empty() && writes(line.front())) return 1;
  return static_cast<std::size_t>(std::find_if(line.begin(), line.end(), writes) - line.begin());
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

conclave_code conclave_mutex_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                 conclave_mutex** mutex, conclave_error* error) {
  return conclave::c::make_recipe(client, name, options, mutex, error, [&](const LockArguments& with) {
    return new conclave_mutex(client, with.name, conclave::recipes::MutexOptions{with.ttl, with.owner, with.note});
  });
}
void conclave_mutex_free(conclave_mutex* mutex) { delete mutex; }
conclave_code conclave_mutex_lock(conclave_mutex* mutex, int64_t timeout_ms, conclave_stop* stop, conclave_hold** hold,
                                  conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(mutex, timeout_ms);
    return conclave::c::take<Hold>(attempt, stop, hold, error, conclave::c::lock_of(mutex), ToHold{operations_of(mutex)});
  });
}
conclave_code conclave_mutex_lock_async(conclave_mutex* mutex, int64_t timeout_ms, conclave_stop* stop,
                                        conclave_hold_taken_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(mutex, timeout_ms);
    return conclave::c::take_async<Hold>(attempt, stop, done, user, conclave::c::lock_of(mutex), ToHold{operations_of(mutex)});
  });
}
conclave_code conclave_mutex_try_lock(conclave_mutex* mutex, int64_t timeout_ms, conclave_hold** hold, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(mutex, timeout_ms);
    return conclave::c::take<std::optional<Hold>>(attempt, nullptr, hold, error, conclave::c::try_lock_of(mutex),
                                                  ToHold{operations_of(mutex)});
  });
}
conclave_code conclave_mutex_try_lock_async(conclave_mutex* mutex, int64_t timeout_ms, conclave_hold_taken_callback done,
                                            void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(mutex, timeout_ms);
    return conclave::c::take_async<std::optional<Hold>>(attempt, nullptr, done, user, conclave::c::try_lock_of(mutex),
                                                        ToHold{operations_of(mutex)});
  });
}
conclave_code conclave_mutex_line(conclave_mutex* mutex, int64_t timeout_ms, conclave_line** line, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(mutex, timeout_ms);
    return conclave::c::ask_handle(attempt, line, error, [&](const Wait& wait) {
      return conclave::c::line_of(mutex->recipe.holders(wait),
                                  [](const conclave::c::Lines& all) { return std::min<std::size_t>(all.size(), 1); });
    });
  });
}

conclave_code conclave_rw_lock_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                   conclave_rw_lock** lock, conclave_error* error) {
  return conclave::c::make_recipe(client, name, options, lock, error, [&](const LockArguments& with) {
    return new conclave_rw_lock(client, with.name, conclave::recipes::RwLockOptions{with.ttl, with.owner, with.note});
  });
}
void conclave_rw_lock_free(conclave_rw_lock* lock) { delete lock; }
conclave_code conclave_rw_lock_take(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms, conclave_stop* stop,
                                    conclave_hold** hold, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = conclave::c::attempt_in_mode(lock, mode, timeout_ms);
    return conclave::c::take<Hold>(attempt, stop, hold, error, conclave::c::take_of(lock, mode), ToHold{operations_of(lock)});
  });
}
conclave_code conclave_rw_lock_take_async(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms, conclave_stop* stop,
                                          conclave_hold_taken_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = conclave::c::attempt_in_mode(lock, mode, timeout_ms);
    return conclave::c::take_async<Hold>(attempt, stop, done, user, conclave::c::take_of(lock, mode), ToHold{operations_of(lock)});
  });
}
conclave_code conclave_rw_lock_try_take(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms, conclave_hold** hold,
                                        conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = conclave::c::attempt_in_mode(lock, mode, timeout_ms);
    return conclave::c::take<std::optional<Hold>>(attempt, nullptr, hold, error, conclave::c::try_take_of(lock, mode),
                                                  ToHold{operations_of(lock)});
  });
}
conclave_code conclave_rw_lock_try_take_async(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms,
                                              conclave_hold_taken_callback done, void* user) {
  return guarded(nullptr, [&] {
    auto attempt = conclave::c::attempt_in_mode(lock, mode, timeout_ms);
    return conclave::c::take_async<std::optional<Hold>>(attempt, nullptr, done, user, conclave::c::try_take_of(lock, mode),
                                                        ToHold{operations_of(lock)});
  });
}
conclave_code conclave_rw_lock_line(conclave_rw_lock* lock, int64_t timeout_ms, conclave_line** line, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(lock, timeout_ms);
    return conclave::c::ask_handle(attempt, line, error, [&](const Wait& wait) {
      return conclave::c::line_of(lock->recipe.holders(wait), conclave::c::holders_of_rw);
    });
  });
}

}  // extern "C"
