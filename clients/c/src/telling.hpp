#pragma once

#include <memory>
#include <utility>

#include "held.hpp"

namespace conclave::c {

/// A handle of a recipe that tells of changes by itself, as long as the handle is not freed.
template <class Recipe>
struct TellingHandle {
  /// `make(gate)` makes the recipe, which tells through the gate.
  template <class Make>
  TellingHandle(conclave_client* client, Make make)
      : operations(std::make_shared<Operations>(client)), gate(std::make_shared<Gate>(client)), recipe(make(gate)) {}
  ~TellingHandle() {
    gate->close();
    operations->end();
  }
  TellingHandle(const TellingHandle&) = delete;
  TellingHandle& operator=(const TellingHandle&) = delete;

  std::shared_ptr<Operations> operations;
  std::shared_ptr<Gate> gate;
  Recipe recipe;
};

/// Begins to wait until the recipe is ready.
template <class Handle>
auto ready_of(Handle* handle) {
  return
      [handle](const recipes::Wait& wait, std::function<void(Result<void>)> done) { handle->recipe.ready(std::move(done), wait); };
}
template <class Handle>
conclave_code wait_ready(Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(handle, timeout_ms);
    return carry_out(attempt, stop, error, ready_of(handle));
  });
}
template <class Handle>
conclave_code wait_ready_async(Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, conclave_done_callback done,
                               void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(handle, timeout_ms);
    return carry_out_async(attempt, stop, done, user, ready_of(handle));
  });
}

/// Begins to wait until the recipe shows everything that completed before.
template <class Handle>
auto sync_of(Handle* handle) {
  return [handle](const recipes::Wait& wait, std::function<void(Result<Revision>)> done) {
    handle->recipe.sync(std::move(done), wait);
  };
}
template <class Handle>
conclave_code wait_sync(Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, conclave_revision* revision,
                        conclave_error* error) {
  return guarded(error, [&] {
    auto attempt = attempt_on(handle, timeout_ms);
    return learn<Revision>(attempt, stop, error, sync_of(handle), [&](Revision seen) {
      if (revision != nullptr) *revision = seen.value();
    });
  });
}
template <class Handle>
conclave_code wait_sync_async(Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop,
                              void (*done)(void*, const conclave_error*, conclave_revision), void* user) {
  return guarded(nullptr, [&] {
    auto attempt = attempt_on(handle, timeout_ms);
    attempt.in.require(done != nullptr, "the callback is NULL");
    return learn_async<Revision>(attempt, stop, sync_of(handle), [done, user](const conclave_error& error, const Revision* seen) {
      done(user, &error, seen == nullptr ? 0 : seen->value());
    });
  });
}

/// How old what a recipe shows is at most, as C says it.
template <class Handle>
[[nodiscard]] std::int64_t age_of(const Handle* handle) {
  if (handle == nullptr) return -1;
  const auto age = handle->recipe.age();
  return age ? age->count() : -1;
}

}  // namespace conclave::c
