#pragma once

#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "conclave/base/result.hpp"
#include "conclave/recipes/wait.hpp"

/// How a member function with a callback becomes one that takes any Asio completion token.
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

template <class Param>
struct Callback {
  static constexpr bool is = false;
};
template <class T>
struct Callback<std::function<void(Result<T>)>> {
  static constexpr bool is = true;
  using Value = T;
};

/// Which of the parameters is the callback.
template <class... Params>
constexpr std::size_t callback_at() {
  const bool is[] = {Callback<Params>::is...};
  std::size_t at = 0;
  while (at < sizeof...(Params) && !is[at]) ++at;
  return at;
}

template <class Thing, class... Params, class Done, class... Arguments, std::size_t... Before, std::size_t... After>
void call_with(Thing& thing, void (Thing::*method)(Params...), Done done, std::tuple<Arguments...>& arguments, Wait wait,
               std::index_sequence<Before...>, std::index_sequence<After...>) {
  (thing.*method)(std::get<Before>(std::move(arguments))..., std::move(done),
                  std::get<sizeof...(Before) + After>(std::move(arguments))..., std::move(wait));
}

/// `all` are the arguments without the callback, then the wait, then the token.
template <class Thing, class... Params, class... All, std::size_t... Front>
auto async_call(Thing& thing, void (Thing::*method)(Params...), std::tuple<All...> all, std::index_sequence<Front...>) {
  constexpr std::size_t at = callback_at<Params...>();
  static_assert(at < sizeof...(Params), "the function has no form with a callback");
  static_assert(sizeof...(All) == sizeof...(Params), "all arguments but the callback, the wait, and a completion token");
  using T = typename Callback<std::tuple_element_t<at, std::tuple<Params...>>>::Value;
  auto arguments = std::make_tuple(std::get<Front>(std::move(all))...);
  auto start = [&thing, method, arguments = std::move(arguments)](auto done, Wait with) mutable {
    call_with(thing, method, std::move(done), arguments, std::move(with), std::make_index_sequence<at>(),
              std::make_index_sequence<sizeof...(Front) - at>());
  };
  return initiate<T>(std::move(start), Wait(std::get<sizeof...(Front)>(std::move(all))),
                     std::get<sizeof...(Front) + 1>(std::move(all)));
}

}  // namespace detail

/// The awaitable form of every member function of a recipe that takes a callback: `arguments` are those of that form without the
/// callback, the Wait included, and last the completion token.
///
///     auto sum = co_await conclave::recipes::async(counter, &conclave::recipes::Counter::add, 5, wait, asio::use_awaitable);
///
/// Completes with what the callback would get, on the token's associated executor. The object must outlive the call, not the
/// operation. Cancelling the operation by the token's slot is the same as the wait's stop token.
template <class Thing, class... Params, class... Arguments>
auto async(Thing& thing, void (Thing::*method)(Params...), Arguments&&... arguments) {
  static_assert(sizeof...(Arguments) >= 2, "a wait and a completion token");
  return detail::async_call(thing, method, std::forward_as_tuple(std::forward<Arguments>(arguments)...),
                            std::make_index_sequence<sizeof...(Arguments) - 2>());
}

}  // namespace conclave::recipes
