#include "conclave/transport/address.hpp"

#include "conclave/test/catch.hpp"

using conclave::transport::parse_address;

TEST_CASE("addresses: names, IPv4, IPv6 in brackets; anything else is refused") {
  CHECK(parse_address("[::1]:7400")->host == "::1");
  CHECK(parse_address("db1.example:1")->port == 1);
  for (const char* text : {"", ":1", "a", "a:", "a:0", "a:65536", "a:1x", "::1:7400", "a b:1", "[]:1"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text).has_value());
  }
}
