#include "conclave/app/identity.hpp"

#include "conclave/engine/member_id.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::app;

namespace {

Options options_of(const std::vector<std::string>& arguments) {
  const Parsed parsed = parse_options(arguments, "9.9");
  REQUIRE(parsed.options.has_value());
  return *parsed.options;
}

constexpr const char* three = "n1=127.0.0.1:8401,n2=127.0.0.1:8411,n3=127.0.0.1:8421";

}  // namespace

TEST_CASE("the numbers made of names never change: they are in every data directory") {
  CHECK(engine::member_id("conclave", "n1") == MemberId(1378713111851491649ULL));
  CHECK(engine::member_id("conclave", "n2") == MemberId(2681617830753679600ULL));
  CHECK(cluster_id(options_of({})) == ClusterId(17202260832205198178ULL));
  CHECK(cluster_id(options_of({"--name", "n1", "--initial-cluster", three})) == ClusterId(2969033535617145923ULL));
}

TEST_CASE("every member of a cluster gets the same cluster id and the same voters, in whatever order they are listed") {
  const Options one = options_of({"--name", "n1", "--initial-cluster", three});
  const Options two = options_of({"--name", "n2", "--initial-cluster", "n3=127.0.0.1:8421,n2=127.0.0.1:8411,n1=127.0.0.1:8401"});
  CHECK(cluster_id(one) == cluster_id(two));
  CHECK(bootstrap_membership(one)->voters == bootstrap_membership(two)->voters);
  CHECK(bootstrap_membership(one)->voters.size() == 3);
}

TEST_CASE("another token, another name or another address is another cluster; a lone member may move to another port") {
  const ClusterId base = cluster_id(options_of({"--name", "n1", "--initial-cluster", three}));
  CHECK(cluster_id(options_of({"--name", "n1", "--initial-cluster", three, "--cluster-token", "x"})) != base);
  CHECK(cluster_id(options_of({"--name", "n1", "--initial-cluster", "n1=127.0.0.1:8401,n2=127.0.0.1:8411,n3=127.0.0.1:9999"})) !=
        base);
  CHECK(cluster_id(options_of({})) == cluster_id(options_of({"--listen-peer", "127.0.0.1:9000"})));
  CHECK(engine::member_id("conclave", "n1") != engine::member_id("conclave2", "n1"));
  CHECK(token_hash("a") != token_hash("b"));
}
