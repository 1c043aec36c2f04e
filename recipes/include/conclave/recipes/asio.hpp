#pragma once

#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "conclave/recipes/cached_view.hpp"
#include "conclave/recipes/discovery.hpp"
#include "conclave/recipes/election.hpp"
#include "conclave/recipes/mutex.hpp"
#include "conclave/recipes/registration.hpp"
#include "conclave/recipes/rw_lock.hpp"
#include "conclave/recipes/semaphore.hpp"
#include "conclave/recipes/work_queue.hpp"

/// The awaitable form: initiating functions that take any Asio completion token.
///
///     auto lock = co_await conclave::recipes::async_lock(mutex, {.timeout = 10s}, asio::use_awaitable);
///
/// They complete with a Result, on the token's associated executor. The recipe object must outlive the call, not the operation.
/// Cancelling the operation by the token's slot is the same as the wait's stop token.
namespace conclave::recipes {

namespace detail {

/// The operation's own stop, raised by the token's slot or by the caller's stop token.
struct SlotStop {
  explicit SlotStop(const std::stop_token& outer) : forward(outer, [this] { source.request_stop(); }) {}
  std::stop_source source;
  std::stop_callback<std::function<void()>> forward;
};

/// `start(callback, wait)` begins; the callback takes Result<T>.
template <class T, class Start, class Token>
auto initiate(Start start, Wait wait, Token&& token) {
  auto begin = [](auto handler, Start how, Wait with) {
    auto executor = asio::get_associated_executor(handler);
    auto work = asio::make_work_guard(executor);
    std::shared_ptr<SlotStop> stop;
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      stop = std::make_shared<SlotStop>(with.stop);
      with.stop = stop->source.get_token();
      slot.assign([weak = std::weak_ptr<SlotStop>(stop)](asio::cancellation_type) {
        if (const auto alive = weak.lock()) alive->source.request_stop();
      });
    }
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function needs what can be copied
    how(
        [executor, work, shared, stop](Result<T> result) {
          asio::dispatch(executor, [shared, result = std::move(result)]() mutable { (*shared)(std::move(result)); });
        },
        std::move(with));
  };
  return asio::async_initiate<Token, void(Result<T>)>(std::move(begin), token, std::move(start), std::move(wait));
}

}  // namespace detail

template <class Token>
auto async_lock(Mutex& mutex, Wait wait, Token&& token) {
  return detail::initiate<Hold>([&mutex](auto done, Wait with) { mutex.lock(std::move(done), std::move(with)); }, std::move(wait),
                                std::forward<Token>(token));
}
template <class Token>
auto async_try_lock(Mutex& mutex, Wait wait, Token&& token) {
  return detail::initiate<std::optional<Hold>>([&mutex](auto done, Wait with) { mutex.try_lock(std::move(done), std::move(with)); },
                                               std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_lock(RwLock& lock, Wait wait, Token&& token) {
  return detail::initiate<Hold>([&lock](auto done, Wait with) { lock.lock(std::move(done), std::move(with)); }, std::move(wait),
                                std::forward<Token>(token));
}
template <class Token>
auto async_lock_shared(RwLock& lock, Wait wait, Token&& token) {
  return detail::initiate<Hold>([&lock](auto done, Wait with) { lock.lock_shared(std::move(done), std::move(with)); },
                                std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_acquire(Semaphore& semaphore, std::uint64_t weight, Wait wait, Token&& token) {
  return detail::initiate<Hold>(
      [&semaphore, weight](auto done, Wait with) { semaphore.acquire(std::move(done), weight, std::move(with)); }, std::move(wait),
      std::forward<Token>(token));
}
template <class Token>
auto async_campaign(Election& election, std::string value, Wait wait, Token&& token) {
  return detail::initiate<Leadership>(
      [&election, value = std::move(value)](auto done, Wait with) { election.campaign(value, std::move(done), std::move(with)); },
      std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_proclaim(Leadership& leadership, std::string value, Wait wait, Token&& token) {
  return detail::initiate<void>(
      [&leadership, value = std::move(value)](auto done, Wait with) {
        leadership.proclaim(value, std::function<void(Result<void>)>(std::move(done)), std::move(with));
      },
      std::move(wait), std::forward<Token>(token));
}
/// Gives back a lock, units of a semaphore or anything else that is held.
template <class Token>
auto async_release(Hold& hold, Wait wait, Token&& token) {
  return detail::initiate<void>(
      [&hold](auto done, Wait with) { hold.release(std::function<void(Result<void>)>(std::move(done)), std::move(with)); },
      std::move(wait), std::forward<Token>(token));
}

template <class Token>
auto async_push(WorkQueue& queue, std::string body, PushOptions options, Wait wait, Token&& token) {
  return detail::initiate<Pushed>(
      [&queue, body = std::move(body), options = std::move(options)](auto done, Wait with) {
        queue.push(body, options, std::function<void(Result<Pushed>)>(std::move(done)), std::move(with));
      },
      std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_take(WorkQueue& queue, TakeOptions options, Wait wait, Token&& token) {
  return detail::initiate<WorkItem>(
      [&queue, options](auto done, Wait with) { queue.take(options, std::move(done), std::move(with)); }, std::move(wait),
      std::forward<Token>(token));
}
template <class Token>
auto async_try_take(WorkQueue& queue, TakeOptions options, Wait wait, Token&& token) {
  return detail::initiate<std::optional<WorkItem>>(
      [&queue, options](auto done, Wait with) { queue.try_take(options, std::move(done), std::move(with)); }, std::move(wait),
      std::forward<Token>(token));
}
template <class Token>
auto async_acknowledge(WorkItem& item, std::vector<Op> together, Wait wait, Token&& token) {
  return detail::initiate<void>(
      [&item, together = std::move(together)](auto done, Wait with) {
        item.acknowledge(std::function<void(Result<void>)>(std::move(done)), together, std::move(with));
      },
      std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_reject(WorkItem& item, std::string why, std::chrono::milliseconds delay, Wait wait, Token&& token) {
  return detail::initiate<void>(
      [&item, why = std::move(why), delay](auto done, Wait with) {
        item.reject(std::function<void(Result<void>)>(std::move(done)), why, delay, std::move(with));
      },
      std::move(wait), std::forward<Token>(token));
}
/// Of a CachedView, a Discovery or a Registration.
template <class Thing, class Token>
auto async_ready(Thing& thing, Wait wait, Token&& token) {
  return detail::initiate<void>(
      [&thing](auto done, Wait with) { thing.ready(std::function<void(Result<void>)>(std::move(done)), std::move(with)); },
      std::move(wait), std::forward<Token>(token));
}
/// Of a CachedView or a Discovery.
template <class Thing, class Token>
auto async_sync(Thing& thing, Wait wait, Token&& token) {
  return detail::initiate<Revision>(
      [&thing](auto done, Wait with) { thing.sync(std::function<void(Result<Revision>)>(std::move(done)), std::move(with)); },
      std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_drain(Registration& registration, Wait wait, Token&& token) {
  return detail::initiate<void>(
      [&registration](auto done, Wait with) {
        registration.drain(std::function<void(Result<void>)>(std::move(done)), std::move(with));
      },
      std::move(wait), std::forward<Token>(token));
}
template <class Token>
auto async_deregister(Registration& registration, Wait wait, Token&& token) {
  return detail::initiate<void>(
      [&registration](auto done, Wait with) {
        registration.deregister(std::function<void(Result<void>)>(std::move(done)), std::move(with));
      },
      std::move(wait), std::forward<Token>(token));
}

}  // namespace conclave::recipes
