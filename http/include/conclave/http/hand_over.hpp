#pragma once

#include <asio/io_context.hpp>
#include <memory>

#include "conclave/http/exchange.hpp"

namespace conclave::http {

/// Runs `handler` on the thread of another io_context, with an exchange of its own whose one answer comes back to this one. Called
/// on the thread of the server; the handler may answer from any thread, and later. `here` is the server's; `there` outlives the
/// call, and whatever is left in it when it ends is answered with 500.
void hand_over(const ExchangePtr& exchange, std::shared_ptr<asio::io_context> here, asio::io_context& there, Handler handler);

}  // namespace conclave::http
