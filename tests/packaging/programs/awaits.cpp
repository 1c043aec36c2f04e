#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <conclave/client_asio.hpp>
#include <cstdio>

namespace {

asio::awaitable<void> put(conclave::Client& client, bool& refused) {
  const conclave::Request request = conclave::Write{conclave::PutOp{"greeting", "hello"}, {}};
  const auto answer =
      co_await conclave::async_execute<conclave::PutResult>(client, request, std::chrono::milliseconds(200), asio::use_awaitable);
  refused = !answer && answer.error().certainty() == conclave::Certainty::definite;
}

}  // namespace

int main() {
  auto client = conclave::Client::open({.endpoints = {"127.0.0.1:1"}});
  if (!client) return 1;
  asio::io_context context;
  bool refused = false;
  asio::co_spawn(context, put(*client, refused), asio::detached);
  context.run();
  return refused ? 0 : 1;
}
