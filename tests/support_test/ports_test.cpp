#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "conclave/test/catch.hpp"
#include "conclave/test/ports.hpp"

using conclave::test::free_port;

namespace {

constexpr std::size_t count = 50;
using Ports = std::array<std::uint16_t, count>;

Ports take() {
  Ports ports{};
  std::generate(ports.begin(), ports.end(), free_port);
  return ports;
}

}  // namespace

TEST_CASE("a port is given once while the processes that were given some live") {
  int told[2];
  int ended[2];
  REQUIRE((::pipe(told) == 0 && ::pipe(ended) == 0));
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ended[1]);
    const auto ports = take();
    char byte = 0;
    if (::write(told[1], ports.data(), sizeof ports) != static_cast<::ssize_t>(sizeof ports)) ::_exit(1);
    static_cast<void>(::read(ended[0], &byte, 1));  // ends when the other end does
    ::_exit(0);
  }
  Ports theirs{};
  REQUIRE(::read(told[0], theirs.data(), sizeof theirs) == static_cast<::ssize_t>(sizeof theirs));
  const auto ours = take();
  std::set<std::uint16_t> all(ours.begin(), ours.end());
  all.insert(theirs.begin(), theirs.end());
  CHECK(all.size() == 2 * count);
  for (const int fd : {told[0], told[1], ended[0], ended[1]}) ::close(fd);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("a port lies below those that the system gives to connections") {
  for (const auto port : take()) CHECK(port < 32'768);
}
