// Coroutines: many requests at the same time, from one thread of one's own.   awaits ENDPOINT...
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <conclave/client_asio.hpp>
#include <cstdio>

namespace {

/// Counts one visitor; again if another one came between reading and writing.
asio::awaitable<void> visit(conclave::Client& client, int& failed) {
  using namespace conclave;
  while (true) {
    const Request read = Read{RangeOp{.keys = Keys::one("visitors")}};
    const auto got = co_await async_execute<RangeResult>(client, read, {}, asio::use_awaitable);
    if (!got) co_return (void)++ failed;
    const auto* seen = got->kvs.empty() ? nullptr : &got->kvs.front();
    Txn txn;
    txn.when(Compare::mod_revision_is("visitors", seen ? seen->mod_revision : Revision()))
        .then(PutOp{"visitors", std::to_string(seen ? std::stol(seen->value) + 1 : 1)});
    const Request write = Write{std::move(txn)};
    const auto done = co_await async_execute<TxnResult>(client, write, {}, asio::use_awaitable);
    if (!done) co_return (void)++ failed;
    if (done->succeeded) co_return;
  }
}

}  // namespace

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client || !client->erase(conclave::Keys::one("visitors"))) return 1;
  asio::io_context context;
  int failed = 0;
  for (int i = 0; i < 10; ++i) asio::co_spawn(context, visit(*client, failed), asio::detached);
  context.run();
  const auto visitors = client->get("visitors");
  std::printf("%s visitors, %d failed\n", visitors && visitors->kv ? visitors->kv->value.c_str() : "no", failed);
}
