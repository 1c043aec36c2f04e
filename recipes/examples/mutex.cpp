// A lock that protects data even from a holder that wakes up late.   mutex ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/mutex.hpp>
#include <cstdio>

using namespace std::chrono_literals;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return 1;
  conclave::recipes::Mutex mutex(*client, "reports/nightly", {.note = "writing the report"});

  auto lock = mutex.lock({.timeout = 10s});
  if (!lock) return std::fprintf(stderr, "%s\n", lock.error().message().c_str()), 1;
  lock->on_lost([] { std::puts("the lock is lost: stop what depends on it"); });
  if (const auto line = mutex.holders()) std::printf("held by one who is %s\n", line->front().note.c_str());
  std::printf("another try: %s\n", *mutex.try_lock() ? "taken" : "somebody has it");

  // The guard makes the servers refuse the write once the lock is lost, however late it comes.
  const conclave::Guard guard = lock->guard();
  const auto write = [&](const char* text) { return client->put("reports/last", text, {}, {.guards = {guard}}); };
  std::printf("while it is held: %s\n", write("all is well") ? "written" : "refused");
  if (!lock->release()) return 1;
  const auto late = write("too late");
  std::printf("afterwards: %s\n", late ? "written" : late.error().code == conclave::Errc::fenced ? "fenced" : "failed");
}
