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
using MaybeHold = std::optional<Hold>;
using Taken = std::function<void(Result<Hold>)>;
using Tried = std::function<void(Result<MaybeHold>)>;

auto lock_of(conclave_mutex* mutex) {
  return [mutex](const Wait& wait, Taken done) { mutex->recipe.lock(std::move(done), wait); };
}
auto try_lock_of(conclave_mutex* mutex) {
  return [mutex](const Wait& wait, Tried done) { mutex->recipe.try_lock(std::move(done), wait); };
}
/// Who holds a lock of either kind, and who waits.
template <class Handle>
auto holders_of(Handle* lock) {
  return [lock](const Wait& wait, std::function<void(Result<Lines>)> done) { lock->recipe.holders(std::move(done), wait); };
}

void check(Arguments& in, conclave_rw_mode mode) {
  in.require(mode == CONCLAVE_RW_READ || mode == CONCLAVE_RW_WRITE, "an unknown mode");
}
auto take_of(conclave_rw_lock* lock, conclave_rw_mode mode) {
  return [lock, mode](Arguments& in) {
    check(in, mode);
    return [lock, mode](const Wait& wait, Taken done) {
      mode == CONCLAVE_RW_WRITE ? lock->recipe.lock(std::move(done), wait) : lock->recipe.lock_shared(std::move(done), wait);
    };
  };
}
auto try_take_of(conclave_rw_lock* lock, conclave_rw_mode mode) {
  return [lock, mode](Arguments& in) {
    check(in, mode);
    return [lock, mode](const Wait& wait, Tried done) {
      mode == CONCLAVE_RW_WRITE ? lock->recipe.try_lock(std::move(done), wait)
                                : lock->recipe.try_lock_shared(std::move(done), wait);
    };
  };
}

/// The first alone.
std::size_t holders_of_mutex(const Lines& line) { return std::min<std::size_t>(line.size(), 1); }

bool writes(const recipes::Holder& holder) { return holder.key.find("//w/") != std::string::npos; }

/// The first writer alone, or the readers before it.
std::size_t holders_of_rw(const Lines& line) {
  if (!line.empty() && writes(line.front())) return 1;
  return static_cast<std::size_t>(std::find_if(line.begin(), line.end(), writes) - line.begin());
}

}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

conclave_code conclave_mutex_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                 conclave_mutex** mutex, conclave_error* error) {
  return make_recipe(client, name, options, mutex, error, [&](const LockArguments& with) {
    return new conclave_mutex(client, with.name, conclave::recipes::MutexOptions{with.ttl, with.owner, with.note, with.lock_delay});
  });
}
void conclave_mutex_free(conclave_mutex* mutex) { delete mutex; }
conclave_code conclave_mutex_lock(conclave_mutex* mutex, int64_t timeout_ms, conclave_stop* stop, conclave_hold** hold,
                                  conclave_error* error) {
  return take<Hold>(mutex, timeout_ms, stop, hold, error, lock_of(mutex), ToHold{});
}
conclave_code conclave_mutex_lock_async(conclave_mutex* mutex, int64_t timeout_ms, conclave_stop* stop,
                                        conclave_hold_taken_callback done, void* user) {
  return take_async<Hold>(mutex, timeout_ms, stop, lock_of(mutex), done, user, ToHold{});
}
conclave_code conclave_mutex_try_lock(conclave_mutex* mutex, int64_t timeout_ms, conclave_hold** hold, conclave_error* error) {
  return take<MaybeHold>(mutex, timeout_ms, nullptr, hold, error, try_lock_of(mutex), ToHold{});
}
conclave_code conclave_mutex_try_lock_async(conclave_mutex* mutex, int64_t timeout_ms, conclave_hold_taken_callback done,
                                            void* user) {
  return take_async<MaybeHold>(mutex, timeout_ms, nullptr, try_lock_of(mutex), done, user, ToHold{});
}
conclave_code conclave_mutex_line(conclave_mutex* mutex, int64_t timeout_ms, conclave_line** line, conclave_error* error) {
  return take<Lines>(mutex, timeout_ms, nullptr, line, error, holders_of(mutex), to_line(holders_of_mutex));
}
conclave_code conclave_mutex_line_async(conclave_mutex* mutex, int64_t timeout_ms, conclave_line_callback done, void* user) {
  return take_async<Lines>(mutex, timeout_ms, nullptr, holders_of(mutex), done, user, to_line(holders_of_mutex));
}

conclave_code conclave_rw_lock_new(conclave_client* client, const char* name, const conclave_lock_options* options,
                                   conclave_rw_lock** lock, conclave_error* error) {
  return make_recipe(client, name, options, lock, error, [&](const LockArguments& with) {
    return new conclave_rw_lock(client, with.name, conclave::recipes::RwLockOptions{with.ttl, with.owner, with.note});
  });
}
void conclave_rw_lock_free(conclave_rw_lock* lock) { delete lock; }
conclave_code conclave_rw_lock_take(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms, conclave_stop* stop,
                                    conclave_hold** hold, conclave_error* error) {
  return take<Hold>(lock, timeout_ms, stop, hold, error, take_of(lock, mode), ToHold{});
}
conclave_code conclave_rw_lock_take_async(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms, conclave_stop* stop,
                                          conclave_hold_taken_callback done, void* user) {
  return take_async<Hold>(lock, timeout_ms, stop, take_of(lock, mode), done, user, ToHold{});
}
conclave_code conclave_rw_lock_try_take(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms, conclave_hold** hold,
                                        conclave_error* error) {
  return take<MaybeHold>(lock, timeout_ms, nullptr, hold, error, try_take_of(lock, mode), ToHold{});
}
conclave_code conclave_rw_lock_try_take_async(conclave_rw_lock* lock, conclave_rw_mode mode, int64_t timeout_ms,
                                              conclave_hold_taken_callback done, void* user) {
  return take_async<MaybeHold>(lock, timeout_ms, nullptr, try_take_of(lock, mode), done, user, ToHold{});
}
conclave_code conclave_rw_lock_line(conclave_rw_lock* lock, int64_t timeout_ms, conclave_line** line, conclave_error* error) {
  return take<Lines>(lock, timeout_ms, nullptr, line, error, holders_of(lock), to_line(holders_of_rw));
}
conclave_code conclave_rw_lock_line_async(conclave_rw_lock* lock, int64_t timeout_ms, conclave_line_callback done, void* user) {
  return take_async<Lines>(lock, timeout_ms, nullptr, holders_of(lock), done, user, to_line(holders_of_rw));
}

}  // extern "C"
