// Slots that programs share: weights, and a number that changes while they are held.   semaphore ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/semaphore.hpp>
#include <cstdio>

using namespace std::chrono_literals;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return 1;
  conclave::recipes::Semaphore downloads(*client, "downloads", {.slots = 3, .note = "nightly mirror"});

  auto small = downloads.acquire(1, {.timeout = 10s});
  auto large = downloads.acquire(2, {.timeout = 10s});
  if (!small || !large) return 1;
  std::printf("three of three: %s\n", *downloads.try_acquire() ? "one more" : "no room");

  // Nobody is thrown out when there are fewer; nobody is let in before there is room again.
  if (!downloads.resize(2)) return 1;
  const auto status = downloads.status();
  if (!status) return 1;
  std::printf("%d of %d, %d too many\n", static_cast<int>(status->held), static_cast<int>(status->slots),
              static_cast<int>(status->over_committed));
  for (const auto& holder : status->holders) std::printf("%s: %d\n", holder.note.c_str(), static_cast<int>(holder.weight));
  if (!large->release()) return 1;
  std::printf("room again: %s\n", *downloads.try_acquire() ? "yes" : "no");
}
