#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <thread>

#include "cluster.hpp"
#include "conclave/recipes/cached_view.hpp"
#include "conclave/recipes/election.hpp"
#include "conclave/recipes/mutex.hpp"
#include "conclave/recipes/registration.hpp"
#include "conclave/recipes/work_queue.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

constexpr int rounds = 40;

/// Handles of every kind, some of them in use.
struct Handles {
  Handles(Client& client, std::atomic<int>& told)
      : mutex(client, "closing"),
        election(client, "closing"),
        queue(client, "closing"),
        view(client, "closing/", {.on_change = [](const recipes::ViewStep&) {}}),
        registration(client, "closing", {.id = "one", .address = "127.0.0.1", .port = 1}) {
    auto taken = mutex.lock({.timeout = 20s});
    REQUIRE(taken);
    hold.emplace(std::move(*taken));
    hold->on_lost([] {});
    hold->on_jeopardy([] {});
    mutex.lock([&told](const Result<recipes::Hold>& outcome) { told += outcome ? 100 : 1; });  // waits for the hold above
    queue.take({}, [&told](const Result<recipes::WorkItem>& outcome) { told += outcome ? 100 : 1; });
    observation.emplace(election.observe([](const Result<std::optional<recipes::Leader>>&) {}));
  }

  recipes::Mutex mutex;
  recipes::Election election;
  recipes::WorkQueue queue;
  recipes::CachedView view;
  recipes::Registration registration;
  std::optional<recipes::Hold> hold;
  std::optional<recipes::Observation> observation;
};

}  // namespace

TEST_CASE("handles may go while another thread closes their client, and what waits is told once") {
  Cluster cluster(1);
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> told{0};
    auto client = std::make_unique<Client>(cluster.client());
    auto handles = std::make_unique<Handles>(*client, told);
    std::latch both(2);
    std::thread closer([&] {
      both.arrive_and_wait();
      client.reset();
    });
    both.arrive_and_wait();
    handles.reset();
    closer.join();
    // Closing waits for what was told; freeing the hold may have let the second one in, but nobody heard of that in time.
    CHECK(told % 100 + told / 100 == 2);
  }
}

TEST_CASE("calls that begin while another thread closes the client end") {
  Cluster cluster(1);
  for (int round = 0; round < rounds; ++round) {
    auto client = std::make_unique<Client>(cluster.client());
    recipes::Mutex mutex(*client, "closing");
    REQUIRE(mutex.holders({.timeout = 20s}));
    std::latch both(2);
    std::thread closer([&] {
      both.arrive_and_wait();
      client.reset();
    });
    both.arrive_and_wait();
    for (bool open = true; open;) open = mutex.holders({.timeout = 20s}).has_value();
    closer.join();
  }
}
