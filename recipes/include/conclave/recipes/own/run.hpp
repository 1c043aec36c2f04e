#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "conclave/recipes/own/client_store.hpp"
#include "conclave/recipes/wait.hpp"

/// How a recipe's coroutine becomes a callback or a blocking call.
namespace conclave::recipes {

/// A stop token seen from the client's thread.
struct StopBridge {
  StopBridge(const std::stop_token& token, std::shared_ptr<ClientLoop> loop, std::shared_ptr<core::Signal> stop)
      : callback(token, [loop = std::move(loop), stop = std::move(stop)] { loop->post([stop] { stop->raise(); }); }) {}
  std::stop_callback<std::function<void()>> callback;
};

template <class T>
using Make = std::function<core::Task<Result<T>>(core::Call)>;

/// Starts what `make` makes, on the client's thread; `done` comes there too, once. Or at once, here, if the client is closed.
template <class T, class Done>
void run(const std::shared_ptr<ClientLoop>& loop, const Wait& wait, Make<T> make, Done done) {
  core::Call call;
  if (wait.timeout) call.deadline = loop->time() + *wait.timeout;
  const auto shared = std::make_shared<Done>(std::move(done));
  const bool posted = loop->post([loop, token = wait.stop, call, make = std::move(make), shared] {
    const auto bridge = token.stop_possible() ? std::make_shared<StopBridge>(token, loop, call.stop) : nullptr;
    core::start(make(call), [shared, bridge](Result<T> result) { (*shared)(std::move(result)); });
  });
  if (!posted) (*shared)(Result<T>(fail(Errc::shutting_down, "the client is closed")));
}

/// The same; `convert` makes of the coroutine's value what `done` is told.
template <class T, class U, class Convert>
void run_and_convert(const std::shared_ptr<ClientLoop>& loop, const Wait& wait, Make<T> make, std::function<void(Result<U>)> done,
                     Convert convert) {
  run<T>(loop, wait, std::move(make), [done = std::move(done), convert = std::move(convert)](Result<T> result) {
    if (!result) return done(fail(std::move(result.error())));
    done(convert(std::move(*result)));
  });
}
/// The same for what has no answer.
inline void run_to_end(const std::shared_ptr<ClientLoop>& loop, const Wait& wait, Make<bool> make,
                       std::function<void(Result<void>)> done) {
  run_and_convert<bool, void>(loop, wait, std::move(make), std::move(done), [](bool) { return Result<void>(); });
}

/// Waits for what `start` hands to its callback. Not on the client's own thread, which would wait for itself.
template <class T, class Start>
Result<T> blocking(const ClientLoop& loop, Start start) {
  if (loop.is_this_thread()) return fail(Errc::invalid_argument, "a blocking call from a callback of the client");
  const auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  start([promise](Result<T> result) { promise->set_value(std::move(result)); });
  return future.get();
}

}  // namespace conclave::recipes
