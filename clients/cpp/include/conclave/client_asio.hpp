#pragma once

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "conclave/client.hpp"

/// The awaitable form: one initiating function for every request, taking any Asio completion token.
///
///     auto put = co_await conclave::async_execute<conclave::PutResult>(client, conclave::Write{conclave::PutOp{"a", "1"}}, {},
///                                                                      asio::use_awaitable);
///     if (!put) co_return put.error();
namespace conclave {

/// Completes with Result<Answer<T>> on the token's associated executor. The client must outlive the operation.
template <class T, class Token>
auto async_execute(Client& client, Request request, std::optional<std::chrono::milliseconds> timeout, Token&& token) {
  auto start = [&client](auto handler, Request what, std::optional<std::chrono::milliseconds> within) {
    auto executor = asio::get_associated_executor(handler);
    auto work = asio::make_work_guard(executor);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function needs what can be copied
    client.execute(std::move(what), within, [executor, work, shared](Result<Reply> reply) mutable {
      asio::dispatch(executor, [shared, reply = std::move(reply)]() mutable { (*shared)(answer_as<T>(std::move(reply))); });
    });
  };
  return asio::async_initiate<Token, void(Result<Answer<T>>)>(std::move(start), token, std::move(request), timeout);
}

}  // namespace conclave
