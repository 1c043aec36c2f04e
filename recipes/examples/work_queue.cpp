// A work queue: items are pushed, done and counted, each in effect once.   work_queue ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/work_queue.hpp>
#include <cstdio>

using namespace std::chrono_literals;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return 1;
  conclave::recipes::WorkQueue queue(*client, "mails");
  for (const char* to : {"ann", "bob", "nobody"})
    if (!queue.push(to, {.id = std::string("mail-to-") + to, .attempts_max = 2})) return 1;

  while (auto item = queue.take({.hold_for = 30s}, {.timeout = 500ms})) {
    if (item->body() == "nobody") {
      (void)item->reject("no such mailbox");
      continue;
    }
    // The note and the acknowledgement happen at the same revision: nobody else can make the note too.
    conclave::PutOp note;
    note.key = "sent/" + item->id();
    note.value = "yes";
    if (item->acknowledge({note})) std::printf("sent: %s\n", item->body().c_str());
  }

  const auto dead = queue.list(conclave::recipes::ItemState::dead);
  if (!dead) return 1;
  for (const auto& item : dead->items) {
    std::printf("dead after %d attempts: %s (%s)\n", static_cast<int>(item.attempts), item.id.c_str(), item.error.c_str());
    (void)queue.discard(item.id);
  }
}
