#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <functional>
#include <string>

#include "conclave/http/exchange.hpp"

/// Exchanges for coroutines. Everything resumes on the thread of the server.
namespace conclave::http {

using CoHandler = std::function<asio::awaitable<void>(ExchangePtr)>;

/// A handler that runs a coroutine. One that throws is answered 500.
[[nodiscard]] Handler as_handler(asio::io_context& io, CoHandler handler);

[[nodiscard]] asio::awaitable<Result<std::string>> read_body(ExchangePtr exchange);
[[nodiscard]] asio::awaitable<Result<std::string>> read_piece(ExchangePtr exchange);
/// Waits until fewer than `bytes` wait for the client; also returns when it is gone.
[[nodiscard]] asio::awaitable<void> queued_below(ExchangePtr exchange, std::size_t bytes);

}  // namespace conclave::http
