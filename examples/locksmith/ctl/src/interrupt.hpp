#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "conclave/base/result.hpp"

/// Waiting that ends on SIGINT and SIGTERM by stopping what was begun, not by dying in the middle of it.
namespace conclave::locksmith::ctl {

/// To be called before there are other threads, which inherit it: the signals are kept from them.
void hold_signals();
/// On the main thread, once the others are there: signals end the program as usual, but for what until_interrupted() waits for.
void release_signals();
/// Returns as soon as `end` was called, by whichever thread; at the first signal calls `stop` and goes on waiting for that.
void await_end(const std::function<void()>& stop);
void end();

/// Starts something that calls `done` once, and gives what that got.
template <class T, class Begin>
Result<T> until_interrupted(Begin begin) {
  const auto result = std::make_shared<Result<T>>(fail(Errc::cancelled, "interrupted"));
  std::stop_source stop;
  hold_signals();
  begin(stop.get_token(), std::function<void(Result<T>)>([result](Result<T> got) {
          *result = std::move(got);
          end();
        }));
  await_end([&] { stop.request_stop(); });
  release_signals();
  return std::move(*result);
}

}  // namespace conclave::locksmith::ctl
