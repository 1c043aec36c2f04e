#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "conclave/recipes/hold.hpp"
#include "forms.hpp"
#include "gate.hpp"

namespace conclave::c {

/// A view into a guard.
[[nodiscard]] inline conclave_guard guard_of(const Guard& guard) {
  return {guard.lease.value(), guard.create_revision.value(), {guard.key.data(), guard.key.size()}};
}
[[nodiscard]] inline std::int64_t unix_millis(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// A handle for something that is held: T is a recipes::Hold or what wraps one.
template <class T>
struct Held {
  /// `recipe`: the operations of the recipe that it comes from.
  Held(const Operations& recipe, T thing_in)
      : operations(recipe.another()), gate(std::make_shared<Gate>(recipe.client())), thing(std::move(thing_in)) {
    source = thing.guard();
    guard = guard_of(source);
  }
  ~Held() {
    gate->close();
    operations->end();
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  [[nodiscard]] std::function<void()> callback(conclave_hold_callback call, void* user) const {
    return [gate = gate, call, user] { gate->pass([&] { call(user); }); };
  }

  std::shared_ptr<Operations> operations;
  std::shared_ptr<Gate> gate;
  T thing;
  Guard source;
  conclave_guard guard{};  ///< into source
};

[[nodiscard]] inline std::int64_t millis_of(std::chrono::milliseconds span) { return std::max<std::int64_t>(span.count(), 0); }

}  // namespace conclave::c

struct conclave_hold : conclave::c::Held<conclave::recipes::Hold> {
  using Held::Held;
};

/// The holders and who waits, with their C views.
struct conclave_line {
  explicit conclave_line(std::vector<conclave::recipes::Holder> holders);

  std::vector<conclave::recipes::Holder> source;
  std::vector<conclave_holder> rows;
  std::size_t holding = 0;
  std::uint64_t slots = 0, held = 0, over_committed = 0;
};

namespace conclave::c {

using Lines = std::vector<recipes::Holder>;

/// Makes handles of holds; an empty optional is CONCLAVE_HELD.
struct ToHold {
  using Made = Result<std::unique_ptr<conclave_hold>>;

  [[nodiscard]] Made operator()(const Operations& operations, recipes::Hold hold) const {
    return std::make_unique<conclave_hold>(operations, std::move(hold));
  }
  [[nodiscard]] Made operator()(const Operations& operations, std::optional<recipes::Hold> hold) const {
    if (!hold) return fail(held);
    return std::make_unique<conclave_hold>(operations, std::move(*hold));
  }
};

/// Options of a lock, and the name.
struct LockArguments {
  LockArguments(Arguments& in, conclave_client* client, const char* name_in, const conclave_lock_options* given);

  std::string name;
  std::chrono::milliseconds ttl{};
  std::string owner, note;
  std::chrono::milliseconds lock_delay{};
};

/// Makes a recipe's handle: `make(arguments)` makes it.
template <class H, class Make>
conclave_code make_recipe(conclave_client* client, const char* name, const conclave_lock_options* options, H** handle,
                          conclave_error* error, Make make) {
  return guarded(error, [&] {
    Arguments in;
    in.require(handle != nullptr, "the out parameter is NULL");
    const LockArguments arguments(in, client, name, options);
    if (in.error()) return report(error, *in.error());
    *handle = make(arguments);
    return report_success(error);
  });
}

/// Makes the line of a lock, of which `holding(holders)` hold it.
template <class Count>
auto to_line(Count holding) {
  return [holding](const Operations&, Lines holders) -> Result<std::unique_ptr<conclave_line>> {
    auto line = std::make_unique<conclave_line>(std::move(holders));
    line->holding = holding(line->source);
    return line;
  };
}

/// Has `call` called when the thing tells `to`.
template <class T>
conclave_code listen(Held<T>* thing, conclave_hold_callback call, void* user, void (T::*to)(std::function<void()> handler)) {
  if (thing == nullptr || call == nullptr) return CONCLAVE_INVALID_ARGUMENT;
  return guarded(nullptr, [&] {
    (thing->thing.*to)(thing->callback(call, user));
    return CONCLAVE_OK;
  });
}

}  // namespace conclave::c
