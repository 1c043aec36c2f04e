#include "conclave/test/catch.hpp"
#include "desk.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::locksmith::test;

namespace {

struct Machines : conclave::test::Certificates {
  Machines() {
    make_authority("ca");
    make("server", "ca", "server", "IP:127.0.0.1");
    make("m1", "ca", "m1", "DNS:m1");
    make("m2", "ca", "m2", "DNS:m2");
  }
  [[nodiscard]] HttpTls as(const std::string& name) const { return {cert("ca"), cert(name), key(name)}; }
  [[nodiscard]] HttpTls as_nobody() const { return {cert("ca"), {}, {}}; }
  [[nodiscard]] std::vector<std::string> flags(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"--tls-cert-file", cert("server"),         "--tls-key-file",
                                    key("server"),     "--tls-client-ca-file", cert("ca")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

}  // namespace

TEST_CASE("FleetLock: what was taken with a certificate is given back with it alone") {
  const Machines machines;
  const FleetLock server(machines.flags(), machines.as_nobody());
  REQUIRE(server.post("pre-reboot", "web-1", "bound", machines.as("m1")).status == 200);
  for (const HttpTls& other : {machines.as("m2"), machines.as_nobody()}) {
    for (const std::string verb : {"steady-state", "pre-reboot"}) {
      const HttpReply refused = server.post(verb, "web-1", "bound", other);
      CHECK(refused.status == 403);
      CHECK(is_error(refused, "failed_identity"));
    }
  }
  CHECK(holders("bound") == std::vector<std::string>{"web-1"});
  CHECK(server.post("pre-reboot", "web-1", "bound", machines.as("m1")).status == 200);
  CHECK(server.post("steady-state", "web-1", "bound", machines.as("m1")).status == 200);
  CHECK(holders("bound").empty());
  CHECK(server.post("pre-reboot", "web-1", "bound", machines.as("m2")).status == 200);
}

TEST_CASE("FleetLock: where ids must be the names in certificates, nobody speaks for another machine") {
  const Machines machines;
  const FleetLock server(machines.flags({"--tls-require-client-cert", "--match-common-name"}), machines.as("m1"));
  CHECK(server.post("pre-reboot", "m1", "named", machines.as("m1")).status == 200);
  const HttpReply refused = server.post("pre-reboot", "m1", "named", machines.as("m2"));
  CHECK(refused.status == 403);
  CHECK(is_error(refused, "failed_identity"));
  CHECK_FALSE(server.post("pre-reboot", "m1", "named", machines.as_nobody()).complete);
}
