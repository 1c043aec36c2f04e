// Readers together, a writer alone, and no writer is starved.   rw_lock ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/rw_lock.hpp>
#include <cstdio>
#include <future>

using namespace std::chrono_literals;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return 1;
  conclave::recipes::RwLock catalogue(*client, "catalogue");

  auto reader = catalogue.lock_shared({.timeout = 10s});
  auto another = catalogue.lock_shared({.timeout = 10s});
  if (!reader || !another) return 1;
  std::printf("two read, a writer %s\n", *catalogue.try_lock() ? "writes beside them" : "has to wait");

  // The writer stands in line. Whoever comes to read now comes after it.
  std::promise<bool> wrote;
  catalogue.lock([&](conclave::Result<conclave::recipes::Hold> writer) { wrote.set_value(writer.has_value()); }, {.timeout = 10s});
  while (catalogue.holders().value_or(std::vector<conclave::recipes::Holder>{}).size() < 3) continue;
  std::printf("a third reader %s\n", *catalogue.try_lock_shared() ? "overtakes the writer" : "waits behind the writer");
  if (!reader->release() || !another->release()) return 1;
  std::printf("the writer %s\n", wrote.get_future().get() ? "had it" : "failed");
}
