#include "conclave/http/coroutine.hpp"

#include <asio/async_result.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>

namespace conclave::http {
namespace {

/// Calls `start(done)`, where `done` may be called at once or later, and suspends until it is. The result always comes by way of
/// the executor: a coroutine must not be resumed within the call that suspends it.
template <class Value, class Start>
asio::awaitable<Value> suspended(Start start) {
  const auto executor = co_await asio::this_coro::executor;
  auto initiate = [executor, &start](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    start([executor, shared](Value value) {
      asio::post(executor, [shared, value = std::move(value)]() mutable { std::move (*shared)(std::move(value)); });
    });
  };
  auto value = co_await asio::async_initiate<decltype(asio::use_awaitable), void(Value)>(std::move(initiate), asio::use_awaitable);
  co_return value;
}

asio::awaitable<void> run(CoHandler handler, ExchangePtr exchange) { co_await handler(std::move(exchange)); }

}  // namespace

Handler as_handler(asio::io_context& io, CoHandler handler) {
  return [&io, handler = std::move(handler)](const ExchangePtr& exchange) {
    asio::co_spawn(io, run(handler, exchange), [exchange](std::exception_ptr thrown) {
      if (thrown) exchange->refuse({500, "internal", "the handler failed"});
    });
  };
}

asio::awaitable<Result<std::string>> read_body(ExchangePtr exchange) {
  auto start = [exchange](auto done) { exchange->read_body(std::move(done)); };
  auto body = co_await suspended<Result<std::string>>(std::move(start));
  co_return body;
}

asio::awaitable<Result<std::string>> read_piece(ExchangePtr exchange) {
  auto start = [exchange](auto done) { exchange->read_piece(std::move(done)); };
  auto piece = co_await suspended<Result<std::string>>(std::move(start));
  co_return piece;
}

asio::awaitable<void> queued_below(ExchangePtr exchange, std::size_t bytes) {
  auto start = [exchange, bytes](auto done) { exchange->when_queued_below(bytes, [done]() mutable { done(true); }); };
  co_await suspended<bool>(std::move(start));
}

}  // namespace conclave::http
