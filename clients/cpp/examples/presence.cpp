// A lease and a guard: says that this program is there as long as it is, and writes only while it still is.   presence ENDPOINT...
#include <conclave/client.hpp>
#include <cstdio>

using namespace std::chrono_literals;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return 1;

  // The key goes when the lease does: at the end of this program, or ten seconds after it died.
  auto lease = client->lease(10s, {.owner = "presence"}, [](conclave::LeaseState state) {
    if (state == conclave::LeaseState::lost) std::puts("the lease is lost: others may think that we are gone");
  });
  if (!lease) return std::fprintf(stderr, "%s\n", lease.error().message().c_str()), 1;
  auto here = client->put("present/me", "on this machine", {.lease = lease->id()});
  if (!here) return 1;

  const conclave::Guard guard{lease->id(), "present/me", here->header.revision};
  const auto written = client->put("report", "by somebody who is there", {}, {.guards = {guard}});
  std::printf("written: %d\n", written.has_value());

  if (!lease->revoke()) return 1;
  const auto late = client->put("report", "by somebody who is not", {}, {.guards = {guard}});
  std::printf("afterwards: %s\n", late ? "written" : late.error().code == conclave::Errc::fenced ? "fenced" : "failed");
}
