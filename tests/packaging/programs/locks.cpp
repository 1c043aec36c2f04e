#include <conclave/client.hpp>
#include <conclave/recipes/mutex.hpp>

// Nobody listens on the endpoint: the lock is definitely not taken.
int main() {
  auto client = conclave::Client::open({.endpoints = {"127.0.0.1:1"}});
  if (!client) return 1;
  conclave::recipes::Mutex mutex(*client, "packaging");
  const auto lock = mutex.lock({.timeout = std::chrono::milliseconds(200)});
  return !lock && lock.error().certainty() == conclave::Certainty::definite ? 0 : 1;
}
