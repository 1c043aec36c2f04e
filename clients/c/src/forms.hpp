#pragma once

#include <type_traits>

#include "operations.hpp"

/// The two forms of a recipe's functions: blocking, and with a callback. Both are given `how` the operation begins: `how(wait,
/// done)`, or `how(arguments)`, which looks at arguments first and gives the former. The handle may be NULL, so `how` looks into it
/// only when it begins.
namespace conclave::c {

inline constexpr const char* no_out_parameter = "the out parameter is NULL";
inline constexpr const char* no_callback = "the callback is NULL";

template <class How>
[[nodiscard]] auto begin_of(Arguments& in, How how) {
  if constexpr (std::is_invocable_v<How, Arguments&>)
    return how(in);
  else
    return how;
}

template <class Handle>
[[nodiscard]] Attempt attempt_on(const Handle* handle, std::int64_t timeout_ms) {
  Attempt attempt(handle == nullptr ? nullptr : handle->operations);
  attempt.set_timeout(timeout_ms);
  return attempt;
}

/// Blocking: `use(outcome)` takes a Result<T> and tells whether that went well. `lacking`: what the program did not pass, or NULL.
template <class T, class Handle, class How, class Use>
conclave_code block_on(const Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, conclave_error* error, How how,
                       const char* lacking, Use use) {
  return guarded(error, [&] {
    Attempt attempt = attempt_on(handle, timeout_ms);
    attempt.in.require(lacking == nullptr, lacking);
    auto begin = begin_of(attempt.in, std::move(how));
    if (const auto refusal = attempt.refusal(true)) return report(error, *refusal);
    const Result<void> used = use(attempt.operations().template wait<T>(attempt.timeout, stop, std::move(begin)));
    return used ? report_success(error) : report(error, used.error());
  });
}
/// With a callback: `tell(outcome)` takes a Result<T> and calls it.
template <class T, class Handle, class How, class Tell>
conclave_code call_back(const Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, How how, const char* lacking,
                        Tell tell) {
  return guarded(nullptr, [&] {
    Attempt attempt = attempt_on(handle, timeout_ms);
    attempt.in.require(lacking == nullptr, lacking);
    auto begin = begin_of(attempt.in, std::move(how));
    if (const auto refusal = attempt.refusal(false)) return report(nullptr, *refusal);
    attempt.operations().template start<T>(attempt.timeout, stop, std::move(begin), std::move(tell));
    return CONCLAVE_OK;
  });
}
template <class Done>
[[nodiscard]] const char* lacking_of(Done* done) {
  return done == nullptr ? no_callback : nullptr;
}
/// What a callback is told of an outcome.
template <class T>
[[nodiscard]] conclave_error error_of(const Result<T>& outcome) {
  conclave_error error;
  outcome ? report_success(&error) : report(&error, outcome.error());
  return error;
}

/// An operation without an answer.
template <class Handle, class How>
conclave_code carry_out(const Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, conclave_error* error, How how) {
  return block_on<void>(handle, timeout_ms, stop, error, std::move(how), nullptr, [](Result<void> outcome) { return outcome; });
}
template <class Handle, class How>
conclave_code carry_out_async(const Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, How how,
                              conclave_done_callback done, void* user) {
  return call_back<void>(handle, timeout_ms, stop, std::move(how), lacking_of(done), [done, user](const Result<void>& outcome) {
    const conclave_error error = error_of(outcome);
    done(user, &error);
  });
}

/// An operation that gives a handle: `convert(operations, T)` makes a Result<unique_ptr<H>>, in which NULL may be an answer.
template <class T, class Handle, class H, class How, class Convert>
conclave_code take(const Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, H** to, conclave_error* error, How how,
                   Convert convert) {
  const auto use = [&](Result<T> outcome) -> Result<void> {
    if (!outcome) return fail(std::move(outcome.error()));
    auto made = convert(*handle->operations, std::move(*outcome));
    if (!made) return fail(std::move(made.error()));
    *to = made->release();
    return {};
  };
  return block_on<T>(handle, timeout_ms, stop, error, std::move(how), to == nullptr ? no_out_parameter : nullptr, use);
}
template <class T, class Handle, class H, class How, class Convert>
conclave_code take_async(const Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, How how,
                         void (*done)(void*, const conclave_error*, H*), void* user, Convert convert) {
  const auto operations = handle == nullptr ? nullptr : handle->operations;
  return call_back<T>(handle, timeout_ms, stop, std::move(how), lacking_of(done),
                      [operations, done, user, convert](Result<T> outcome) {
                        if (!outcome) {
                          const conclave_error error = error_of(outcome);
                          return done(user, &error, nullptr);
                        }
                        auto made = convert(*operations, std::move(*outcome));
                        const conclave_error error = error_of(made);
                        done(user, &error, made ? made->release() : nullptr);
                      });
}

/// An operation whose answer is a value, which `use(T)` takes.
template <class T, class Handle, class How, class Use>
conclave_code learn(const Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, conclave_error* error, How how,
                    Use use) {
  return block_on<T>(handle, timeout_ms, stop, error, std::move(how), nullptr, [&](Result<T> outcome) -> Result<void> {
    if (!outcome) return fail(std::move(outcome.error()));
    use(*outcome);
    return {};
  });
}
/// `tell(error, value)` calls the callback; the value is NULL if it failed.
template <class T, class Handle, class How, class Done, class Tell>
conclave_code learn_async(const Handle* handle, std::int64_t timeout_ms, const conclave_stop* stop, How how, Done* done,
                          Tell tell) {
  return call_back<T>(handle, timeout_ms, stop, std::move(how), lacking_of(done), [tell](const Result<T>& outcome) {
    const conclave_error error = error_of(outcome);
    tell(&error, outcome ? &*outcome : nullptr);
  });
}

}  // namespace conclave::c
