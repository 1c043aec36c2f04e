#include <csignal>
#include <fstream>
#include <iterator>

#include "cluster.hpp"
#include "conclave/recipes/mutex.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

recipes::MutexOptions options(std::chrono::milliseconds delay) {
  recipes::MutexOptions made;
  made.ttl = 2s;
  made.lock_delay = delay;
  return made;
}

}  // namespace

TEST_CASE("a lock that was given back is the next one's at once, whatever its lock delay") {
  Cluster cluster(1);
  Client one = cluster.client();
  Client other = cluster.client();
  recipes::Mutex mine(one, "a", options(30s));
  recipes::Mutex theirs(other, "a", options(30s));
  auto held = mine.lock();
  REQUIRE(held);
  CHECK(held->certain_for() <= 2s);  // not for as long as the servers keep it
  REQUIRE(held->release());
  CHECK(theirs.lock({.timeout = 5s}));
  {
    Client gone = cluster.client();
    recipes::Mutex third(gone, "a", options(30s));
    REQUIRE(third.lock({.timeout = 5s}));
  }
  CHECK(theirs.lock({.timeout = 5s}));  // a client that is closed gives back what it holds
}

TEST_CASE("a lock that was lost is nobody's for its lock delay") {
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Mutex mutex(client, "judged/hold", options(0s));
  const auto file = cluster.directory() / "told";
  const std::vector<std::string> command{program("recipes_worker"), "hold", cluster.endpoints(), file.string(), "4000"};
  Process holder(command, cluster.directory() / "holder.log");
  REQUIRE(await(20s, [&] { return std::filesystem::exists(file) && std::filesystem::file_size(file) > 0; }));
  holder.kill();
  const auto died = Clock::now();
  REQUIRE(mutex.lock({.timeout = 30s}));
  CHECK(Clock::now() - died > 4s);
  CHECK(Clock::now() - died < 9s);
}

TEST_CASE("a lock delay of more than 12 hours, or of less than nothing, is refused") {
  Cluster cluster(1);
  Client client = cluster.client();
  for (const std::chrono::milliseconds delay : {std::chrono::milliseconds(-1), std::chrono::milliseconds(13h)}) {
    const auto lock = recipes::Mutex(client, "a", options(delay)).lock();
    REQUIRE_FALSE(lock);
    CHECK(lock.error().code == Errc::invalid_argument);
  }
}
