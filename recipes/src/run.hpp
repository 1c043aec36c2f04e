#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "client_store.hpp"
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

/// Not to be called on the client's own thread, which would wait for itself.
template <class T>
Result<T> run_and_wait(const std::shared_ptr<ClientLoop>& loop, const Wait& wait, Make<T> make) {
  if (loop->is_this_thread()) return fail(Errc::invalid_argument, "a blocking call from a callback of the client");
  const auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  run<T>(loop, wait, std::move(make), [promise](Result<T> result) { promise->set_value(std::move(result)); });
  return future.get();
}

[[nodiscard]] inline Result<void> without_value(const Result<bool>& result) {
  if (!result) return fail(result.error());
  return {};
}

}  // namespace conclave::recipes
