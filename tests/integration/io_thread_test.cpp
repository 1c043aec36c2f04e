#include <future>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using conclave::test::Cluster;

namespace {

Client client_on(const std::shared_ptr<IoThread>& thread, const Cluster& cluster) {
  ClientOptions options;
  options.endpoints = cluster.endpoint_list();
  options.request_timeout = std::chrono::seconds(10);
  options.io = thread;
  auto opened = Client::open(std::move(options));
  REQUIRE(opened);
  return std::move(*opened);
}

}  // namespace

TEST_CASE("clients that share a thread work beside each other, and one may be asked in the other's callback", "[client]") {
  const Cluster cluster(1);
  const auto thread = IoThread::start();
  Client first = client_on(thread, cluster);
  Client second = client_on(thread, cluster);
  REQUIRE(first.put("from-first", "1"));

  std::promise<Result<Reply>> answered;
  first.execute(Write{PutOp{"asked", "outside", {}, false, false, false, false}, {}}, std::nullopt,
                [&](const Result<Reply>& outer) {
                  if (!outer) return answered.set_value(outer);
                  second.execute(Write{PutOp{"asked", "inside", {}, false, false, false, false}, {}}, std::nullopt,
                                 [&](Result<Reply> inner) { answered.set_value(std::move(inner)); });
                });
  REQUIRE(answered.get_future().get());
  CHECK(first.get("asked")->kv->value == "inside");
  CHECK(first.session() != second.session());
}

TEST_CASE("a client that closes leaves the others on its thread as they are", "[client]") {
  const Cluster cluster(1);
  auto thread = IoThread::start();
  Client stays = client_on(thread, cluster);
  {
    Client goes = client_on(thread, cluster);
    thread.reset();  // the clients own it
    REQUIRE(goes.put("key", "of the one that goes"));
  }
  REQUIRE(stays.put("key", "of the one that stays"));
  CHECK(stays.get("key")->kv->value == "of the one that stays");
}

TEST_CASE("requests of many threads to one client are all answered", "[client]") {
  const Cluster cluster(1);
  Client client = client_on(IoThread::start(), cluster);
  std::vector<std::future<bool>> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.push_back(std::async(std::launch::async, [&client, writer] {
      bool good = true;
      for (int i = 0; i < 200; ++i)
        good = client.put("w" + std::to_string(writer) + "/" + std::to_string(i), "v").has_value() && good;
      return good;
    }));
  }
  for (auto& writer : writers) CHECK(writer.get());
  RangeOp count;
  count.keys = Keys::prefix("w");
  count.count_only = true;
  CHECK(client.range(count)->count == 800);
}
