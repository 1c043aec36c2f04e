// Settings in memory: read without a round trip, of a known age, and told when they change.   cached_view ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/cached_view.hpp>
#include <cstdio>

using namespace std::chrono_literals;
using conclave::recipes::ViewStep;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client || !client->put("limits/uploads", "10") || !client->put("limits/downloads", "50")) return 1;

  const auto on_change = [](const ViewStep& step) {
    for (const auto& change : step.changes)
      std::printf("%s: %s -> %s\n", change.key.c_str(), change.before ? change.before->value.c_str() : "-",
                  change.after ? change.after->value.c_str() : "-");
  };
  conclave::recipes::CachedView limits(*client, "limits/", {.confirm_every = 500ms, .on_change = on_change});
  if (!limits.ready({.timeout = 5s})) return 1;
  const auto before = limits.snapshot();  // never changes

  // Both change at one revision, and come in one step.
  conclave::Txn txn;
  txn.then(conclave::PutOp{.key = "limits/uploads", .value = "20"})
      .then(conclave::DeleteOp{conclave::Keys::one("limits/downloads")});
  if (!client->txn(txn) || !limits.sync({.timeout = 5s})) return 1;  // sync: what completed before is shown
  std::printf("now %s, then %s\n", limits.get("limits/uploads")->value.c_str(), before.keys->at("limits/uploads").value.c_str());
  std::printf("%d key, at most %s old\n", static_cast<int>(limits.size()), *limits.age() < 5s ? "some seconds" : "too");
}
