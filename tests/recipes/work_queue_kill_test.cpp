#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "cluster.hpp"
#include "conclave/recipes/work_queue.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* endpoints_variable = "CONCLAVE_TEST_WORKER_OF";
constexpr const char* full_variable = "CONCLAVE_TEST_FULL";
constexpr const char* worker_name = "a worker process of a queue";
constexpr std::size_t workers = 20;
constexpr std::uint64_t poison_attempts = 3;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// One item in ten cannot be done.
bool is_poison(std::size_t number) { return number % 10 == 3; }

/// All are pushed at once; true if each push is known to have succeeded.
bool push_all(recipes::WorkQueue& queue, std::size_t items) {
  std::atomic<std::size_t> pushed{0};
  std::atomic<std::size_t> answered{0};
  for (std::size_t i = 0; i < items; ++i) {
    recipes::PushOptions options;
    options.id = std::to_string(i);
    options.attempts_max = is_poison(i) ? poison_attempts : 1000;
    options.priority = static_cast<unsigned>(i % 3);
    const auto done = [&](const Result<recipes::Pushed>& result) {
      if (result && result->is_new) ++pushed;
      ++answered;
    };
    queue.push(is_poison(i) ? "poison" : "good", options, done, {.timeout = 100s});
  }
  return await(120s, [&] { return answered == items; }) && pushed == items;
}

std::uint64_t count_under(Client& client, const std::string& prefix) {
  RangeOp op;
  op.keys = Keys::prefix(prefix);
  op.count_only = true;
  const auto range = client.range(op);
  return range ? range->count : ~std::uint64_t{0};
}

/// Effects that were not made just once, or that are not those of `items`.
std::size_t wrong_effects(Client& client, std::size_t items) {
  std::size_t wrong = 0;
  std::vector<bool> seen(items, false);
  RangeOp op;
  op.keys = Keys::prefix("effect/");
  while (true) {
    const auto page = client.range(op);
    if (!page) return ~std::size_t{0};
    for (const KeyValue& kv : page->kvs) {
      const std::size_t number = std::stoul(kv.key.substr(7));
      if (kv.version != 1 || number >= items || is_poison(number) || seen[number]) ++wrong;
      if (number < items) seen[number] = true;
    }
    if (!page->more) break;
    op.keys = Keys::range(page->next_key, "effect0");
  }
  for (std::size_t i = 0; i < items; ++i)
    if (!is_poison(i) && !seen[i]) ++wrong;
  return wrong;
}

}  // namespace

/// Run in processes of its own by the test below, which kills them.
TEST_CASE(worker_name, "[.]") {
  const char* const endpoints = std::getenv(endpoints_variable);
  if (endpoints == nullptr) return;
  ClientOptions options;
  options.endpoints = split(endpoints);
  auto client = Client::open(options);
  REQUIRE(client);
  recipes::WorkQueue queue(*client, "jobs", {.ttl = 2s, .owner = "worker " + std::to_string(getpid())});
  while (true) {
    auto item = queue.take({}, {.timeout = 5s});
    if (!item) continue;
    if (item->body() == "poison") {
      (void)item->reject("it cannot be done");
      continue;
    }
    PutOp effect;
    effect.key = "effect/" + item->id();
    effect.value = std::to_string(getpid());
    (void)item->acknowledge({effect});
  }
}

/// With CONCLAVE_TEST_FULL in the environment it is 10,000 items.
TEST_CASE(
    "while workers are killed each item is acknowledged once, none is lost, and dead are those that failed their last attempt") {
  const std::size_t items = std::getenv(full_variable) != nullptr ? 10'000 : 1'000;
  Cluster cluster(3);
  Client client = cluster.client();
  recipes::WorkQueue queue(client, "jobs");
  setenv(endpoints_variable, cluster.endpoints().c_str(), 1);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<std::optional<Process>> processes(workers);
  const auto start = [&](std::size_t worker) {
    processes[worker].emplace(std::vector<std::string>{self, worker_name}, cluster.directory() / "workers.log");
  };
  for (std::size_t worker = 0; worker < workers; ++worker) start(worker);
  REQUIRE(push_all(queue, items));

  const std::uint64_t poisoned = items / 10;
  std::mt19937 chance(20);
  std::size_t kills = 0;
  const auto left = [&]() -> std::uint64_t {
    const auto counts = queue.counts({.timeout = 20s});
    if (!counts) return items;
    return counts->ready + counts->taken + counts->delayed + counts->returning;
  };
  const auto deadline = std::chrono::steady_clock::now() + 180s;
  for (std::uint64_t before = left(); before > 0 && std::chrono::steady_clock::now() < deadline; before = left()) {
    const std::size_t worker = chance() % workers;
    processes[worker]->kill();
    start(worker);
    ++kills;
    // The next one dies when another fortieth of the work is done, or nothing goes on.
    (void)await(3s, [&] { return left() + items / 40 <= before || left() == 0; });
  }
  INFO(kills << " workers were killed");
  CHECK(kills > 3);
  CHECK(left() == 0);
  CHECK(queue.counts()->dead == poisoned);
  CHECK(count_under(client, "effect/") == items - poisoned);
  CHECK(wrong_effects(client, items) == 0);
  CHECK(count_under(client, "/conclave/queue/jobs//item/") == poisoned);
  std::string from;
  do {
    const auto page = queue.list(recipes::ItemState::dead, from);
    REQUIRE(page);
    for (const auto& item : page->items) CHECK(item.attempts == poison_attempts);
    from = page->next;
  } while (!from.empty());
  unsetenv(endpoints_variable);
}
