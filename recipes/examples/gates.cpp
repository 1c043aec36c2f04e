// What programs wait for together: a barrier, a double barrier, a latch; and a counter.   gates ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/barrier.hpp>
#include <cstdio>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace conclave::recipes;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return 1;
  Barrier start(*client, "race/start");
  Counter laps(*client, "race/laps");
  Latch finish(*client, "race/finish", 3);
  if (!start.close()) return 1;

  // Three runners; they would be programs of their own. They begin when the barrier opens and all are there.
  std::vector<std::jthread> runners;
  for (int i = 0; i < 3; ++i)
    runners.emplace_back([&client, &start, &laps, &finish] {
      DoubleBarrier field(*client, "race/field", 3);
      if (!start.wait({.timeout = 10s})) return;
      auto inside = field.enter({.timeout = 10s});
      if (!inside) return;
      if (!laps.add(2, {.timeout = 10s})) return;
      if (!field.leave(std::move(*inside), {.timeout = 10s})) return;
      (void)finish.count_down(1, {.timeout = 10s});
    });
  if (!start.open()) return 1;
  if (!finish.wait({.timeout = 20s})) return 1;
  std::printf("all have arrived after %d laps\n", static_cast<int>(laps.get().value_or(0)));
}
