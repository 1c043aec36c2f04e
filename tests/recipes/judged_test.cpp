#include <csignal>
#include <ctime>
#include <fstream>
#include <iterator>
#include <mutex>

#include "cluster.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/recipes/mutex.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::int64_t boot_millis() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

TEST_CASE("nothing is lost of what 8 processes add to a number in a file under one lock while members are killed") {
  constexpr int processes = 8;
  constexpr int times = 1000;
  Cluster cluster(3);
  const auto file = cluster.directory() / "number";
  std::ofstream(file) << "0";
  std::vector<Process> workers;
  for (int i = 0; i < processes; ++i) {
    const std::vector<std::string> command{program("recipes_worker"), "count", cluster.endpoints(), file.string(),
                                           std::to_string(times)};
    workers.emplace_back(command, cluster.directory() / ("worker" + std::to_string(i) + ".log"));
  }
  Prng prng(4);
  std::vector<std::optional<int>> codes(processes);
  const auto finished = [&] {
    bool all = true;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (!codes[i]) codes[i] = workers[i].wait(0ms);
      all = all && codes[i].has_value();
    }
    return all;
  };
  const auto until = std::chrono::steady_clock::now() + 8min;
  const auto number = [&] { return std::strtoull(text_of(file).c_str(), nullptr, 10); };
  std::uint64_t at_last_kill = 0;
  while (!await(2s, finished) && std::chrono::steady_clock::now() < until) {
    // Whoever kills members faster than a busy machine lets them elect a leader learns nothing about the lock.
    if (number() < at_last_kill + 2 * processes) continue;
    at_last_kill = number();
    const std::size_t victim = prng.below(cluster.size());
    cluster.kill(victim);
    cluster.start(victim);
  }
  for (std::size_t i = 0; i < workers.size(); ++i) {
    INFO(text_of(cluster.directory() / ("worker" + std::to_string(i) + ".log")));
    REQUIRE(codes[i].has_value());
    CHECK(*codes[i] == 0);
  }
  CHECK(text_of(file) == std::to_string(processes * times));
}

TEST_CASE("a holder that is stopped past its lease knew in time, and its late write is refused") {
  Cluster cluster(3);
  const auto file = cluster.directory() / "told";
  const std::vector<std::string> command{program("recipes_worker"), "hold", cluster.endpoints(), file.string(), "0"};
  Process holder(command, cluster.directory() / "holder.log");
  REQUIRE(await(20s, [&] { return text_of(file).starts_with("held "); }));
  Client client = cluster.client();
  recipes::Mutex mutex(client, "judged/hold", {.ttl = 10s});
  CHECK_FALSE(*mutex.try_lock());
  holder.signal(SIGSTOP);
  const std::int64_t certain_until = std::stoll(text_of(file).substr(5));
  auto lock = mutex.lock({.timeout = 30s});
  const std::int64_t acquired = boot_millis();
  REQUIRE(lock);
  CHECK(certain_until < acquired);
  REQUIRE(client.put("judged/data", "mine", {}, {.timeout = {}, .guards = {lock->guard()}}));
  holder.signal(SIGCONT);
  REQUIRE(await(20s, [&] { return text_of(file).starts_with("lost "); }));
  const std::string told = text_of(file);
  INFO(told);
  CHECK(told.find("fenced") != std::string::npos);
  CHECK(std::stoll(told.substr(5)) < acquired);
  CHECK(client.get("judged/data")->kv->value == "mine");
  CHECK(holder.wait(10s) == 0);
}

TEST_CASE("handing a lock on costs two commits and wakes one waiter") {
  constexpr std::size_t waiters = 10;
  Cluster cluster(1);
  Client client = cluster.client();
  recipes::Mutex mutex(client, "a", {.ttl = 30s});
  auto first = mutex.lock();
  REQUIRE(first);
  recipes::Hold held = std::move(*first);
  const auto idle = client.status();
  std::vector<Client> clients;
  std::vector<recipes::Mutex> mutexes;
  std::mutex guard;
  std::vector<recipes::Hold> woken;
  for (std::size_t i = 0; i < waiters; ++i) {
    clients.push_back(cluster.client());
    mutexes.emplace_back(clients.back(), "a", recipes::MutexOptions{.ttl = 30s});
    mutexes.back().lock([&](Result<recipes::Hold> lock) {
      const std::lock_guard locked(guard);
      woken.push_back(std::move(*lock));
    });
    REQUIRE(await(20s, [&] { return mutex.holders()->size() == i + 2; }));
  }
  REQUIRE(await(20s, [&] { return client.status()->watch_count == waiters; }));
  CHECK(client.status()->revision.minus(idle->revision) == waiters);  // one each to queue up
  for (std::size_t i = 0; i < waiters; ++i) {
    const auto before = client.status();
    REQUIRE(held.release());
    REQUIRE(await(20s, [&] {
      const std::lock_guard locked(guard);
      return woken.size() == 1;
    }));
    const auto after = client.status();
    CHECK(after->revision.minus(before->revision) == 1);  // and one to give back
    CHECK(before->watch_count - after->watch_count == 1);
    CHECK(mutex.holders()->size() == waiters - i);
    const std::lock_guard locked(guard);
    held = std::move(woken.back());
    woken.clear();
  }
}
