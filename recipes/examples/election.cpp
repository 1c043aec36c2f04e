// One of several programs leads; others see who, and what it proclaims.   election ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/election.hpp>
#include <cstdio>
#include <future>

using namespace std::chrono_literals;
using conclave::recipes::Leader;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return 1;
  conclave::recipes::Election election(*client, "scheduler");

  std::promise<void> saw_the_end;
  const auto observation = election.observe([&, led = false](const conclave::Result<std::optional<Leader>>& told) mutable {
    if (!told) return;
    if (*told) std::printf("leader: %s\n", (*told)->value.c_str());
    if (!*told && led) saw_the_end.set_value();
    led = told->has_value();
  });

  auto leadership = election.campaign("10.0.0.7:9000", {.timeout = 10s});
  if (!leadership) return 1;
  leadership->on_jeopardy([] { std::puts("no renewal for half a TTL: step down in time"); });
  // What a leader changes it changes under its guard: a former leader that wakes up late changes nothing.
  const auto written = client->put("scheduler/epoch", to_string(leadership->token()), {}, {.guards = {leadership->guard()}});
  if (!written || !leadership->is_leader() || !leadership->proclaim("10.0.0.7:9001")) return 1;
  if (!leadership->resign()) return 1;
  saw_the_end.get_future().wait();
  std::puts("nobody leads");
}
