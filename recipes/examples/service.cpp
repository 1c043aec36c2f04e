// Registration and discovery, and a view of settings: what a service does at its start and its end.   service ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/cached_view.hpp>
#include <conclave/recipes/discovery.hpp>
#include <conclave/recipes/registration.hpp>
#include <cstdio>

using namespace std::chrono_literals;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client || !client->put("settings/colour", "green")) return 1;

  conclave::recipes::CachedView settings(*client, "settings/", {.confirm_every = 1s, .on_change = {}});
  conclave::recipes::Registration here(*client, "painter", {.id = "one", .address = "10.0.0.7", .port = 8080, .weight = 2});
  if (!settings.ready({.timeout = 5s}) || !here.ready({.timeout = 5s})) return 1;
  std::printf("we paint %s\n", settings.get("settings/colour")->value.c_str());

  conclave::recipes::Discovery painters(*client, "painter", {.pick_by = conclave::recipes::PickBy::weight});
  if (!painters.sync({.timeout = 5s})) return 1;
  if (const auto painter = painters.pick()) std::printf("work goes to %s:%d\n", painter->address.c_str(), painter->port);

  // The end: first nothing new comes, then it is gone.
  if (!here.drain() || !painters.sync({.timeout = 5s})) return 1;
  std::printf("draining: %s\n", painters.pick() ? "still chosen" : "not chosen any more");
  if (!here.deregister() || !painters.sync({.timeout = 5s})) return 1;
  std::printf("instances left: %d\n", static_cast<int>(painters.instances().size()));
}
