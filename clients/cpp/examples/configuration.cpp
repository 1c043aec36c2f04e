// A watch: follows the configuration of a program from the state it was read at, without a gap.   configuration ENDPOINT...
#include <conclave/client.hpp>
#include <cstdio>
#include <future>
#include <map>

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client || !client->put("config/colour", "red") || !client->put("config/size", "7")) return 1;

  // The configuration as it is at one revision,
  std::map<std::string, std::string> settings;
  auto now = client->range({.keys = conclave::Keys::prefix("config/")});
  if (!now) return std::fprintf(stderr, "%s\n", now.error().message().c_str()), 1;
  for (const auto& kv : now->kvs) settings[kv.key] = kv.value;

  // and every change after that one.
  std::promise<void> blue;
  const auto watch = client->watch({.keys = conclave::Keys::prefix("config/"), .from = now->header.revision.next()},
                                   [&](const conclave::WatchNotice& notice) {
                                     const auto* changes = std::get_if<conclave::WatchEvents>(&notice);
                                     if (changes == nullptr) return;  // a bookmark, or the end
                                     for (const auto& event : changes->events)
                                       if (event.kind == conclave::EventKind::put)
                                         settings[event.kv.key] = event.kv.value;
                                       else
                                         settings.erase(event.kv.key);
                                     if (settings["config/colour"] == "blue") blue.set_value();
                                   });

  if (!client->erase(conclave::Keys::one("config/size")) || !client->put("config/colour", "blue")) return 1;
  blue.get_future().wait();
  for (const auto& [key, value] : settings) std::printf("%s = %s\n", key.c_str(), value.c_str());
}
