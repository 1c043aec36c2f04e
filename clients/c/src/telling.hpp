#pragma once

#include <memory>
#include <utility>

#include "conclave/c/service.h"
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

/// Begins to wait until the recipe shows everything that completed before.
template <class Handle>
auto sync_of(Handle* handle) {
  return [handle](const recipes::Wait& wait, std::function<void(Result<Revision>)> done) {
    handle->recipe.sync(std::move(done), wait);
  };
}
/// Stores a revision that the program may not want.
inline auto into(conclave_revision* to) {
  return [to](Revision revision) {
    if (to != nullptr) *to = revision.value();
  };
}
/// Tells a revision to a callback.
inline auto teller(conclave_revision_callback done, void* user) {
  return
      [done, user](const conclave_error* error, const Revision* seen) { done(user, error, seen == nullptr ? 0 : seen->value()); };
}

/// How old what a recipe shows is at most, as C says it.
template <class Handle>
[[nodiscard]] std::int64_t age_of(const Handle* handle) {
  if (handle == nullptr) return -1;
  const auto age = handle->recipe.age();
  return age ? age->count() : -1;
}

}  // namespace conclave::c
