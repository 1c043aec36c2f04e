#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "conclave/recipes/hold.hpp"
#include "gate.hpp"
#include "operations.hpp"

namespace conclave::c {

/// A handle for something that is held: T is a recipes::Hold or what wraps one.
template <class T>
struct Held {
  /// `recipe`: the operations of the recipe that it comes from.
  Held(const Operations& recipe, T thing_in)
      : operations(recipe.another()), gate(std::make_shared<Gate>(recipe.client())), thing(std::move(thing_in)) {
    source = thing.guard();
    guard = {source.lease.value(), source.create_revision.value(), {source.key.data(), source.key.size()}};
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

using HoldResult = Result<std::unique_ptr<conclave_hold>>;
using Lines = std::vector<recipes::Holder>;

/// Makes handles of holds; an empty optional is CONCLAVE_HELD.
struct ToHold {
  std::shared_ptr<Operations> operations;

  [[nodiscard]] HoldResult operator()(Result<recipes::Hold> outcome) const {
    if (!outcome) return fail(std::move(outcome.error()));
    return std::make_unique<conclave_hold>(*operations, std::move(*outcome));
  }
  [[nodiscard]] HoldResult operator()(Result<std::optional<recipes::Hold>> outcome) const {
    if (!outcome) return fail(std::move(outcome.error()));
    if (!*outcome) return fail(held);
    return std::make_unique<conclave_hold>(*operations, std::move(**outcome));
  }
};

/// Options of a lock, and the name.
struct LockArguments {
  LockArguments(Arguments& in, conclave_client* client, const char* name_in, const conclave_lock_options* given);

  std::string name;
  std::chrono::milliseconds ttl{};
  std::string owner, note;
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

/// The line of a lock, of which `holding(holders)` hold it.
template <class Count>
Result<std::unique_ptr<conclave_line>> line_of(Result<Lines> holders, Count holding) {
  if (!holders) return fail(std::move(holders.error()));
  auto line = std::make_unique<conclave_line>(std::move(*holders));
  line->holding = holding(line->source);
  return line;
}

/// An attempt on a handle, which may be NULL.
template <class Handle>
[[nodiscard]] Attempt attempt_on(const Handle* handle, std::int64_t timeout_ms) {
  Attempt attempt(operations_of(handle));
  attempt.set_timeout(timeout_ms);
  return attempt;
}

/// A handle that a blocking function of C++ gives: `ask(wait)` gives a Result<unique_ptr<H>>, in which NULL may be an answer.
template <class H, class Ask>
conclave_code ask_handle(Attempt& attempt, H** handle, conclave_error* error, Ask ask) {
  attempt.in.require(handle != nullptr, "the out parameter is NULL");
  if (const auto refusal = attempt.refusal(true)) return report(error, *refusal);
  auto asked = ask(recipes::Wait{attempt.timeout, {}});
  if (!asked) return report(error, asked.error());
  *handle = asked->release();
  return report_success(error);
}

/// A blocking function of C++ without an answer, or with one that `use` takes.
template <class Ask>
conclave_code ask_done(Attempt& attempt, conclave_error* error, Ask ask) {
  if (const auto refusal = attempt.refusal(true)) return report(error, *refusal);
  const auto done = ask(recipes::Wait{attempt.timeout, {}});
  return done ? report_success(error) : report(error, done.error());
}
template <class Ask, class Use>
conclave_code ask_value(Attempt& attempt, conclave_error* error, Ask ask, Use use) {
  if (const auto refusal = attempt.refusal(true)) return report(error, *refusal);
  const auto value = ask(recipes::Wait{attempt.timeout, {}});
  if (!value) return report(error, value.error());
  use(*value);
  return report_success(error);
}

}  // namespace conclave::c
