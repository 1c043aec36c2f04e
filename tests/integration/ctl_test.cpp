#include <nlohmann/json.hpp>

#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;

TEST_CASE("what is put through one member is read through every member") {
  Cluster cluster(3);
  REQUIRE(cluster.ctl({"put", "a", "1"}).code == 0);
  for (std::size_t i = 0; i < 3; ++i) {
    const Ran got = run({program("conclavectl"), "--endpoints", cluster.endpoint(i), "get", "a", "--print-value-only"});
    CHECK(got.code == 0);
    CHECK(got.out == "1\n");
  }
}

TEST_CASE("conclavectl: conditions, guards, transactions and their exit codes") {
  Cluster cluster(1);
  const auto ctl = [&](std::vector<std::string> words, const std::string& input = {}) {
    return cluster.ctl(std::move(words), input);
  };

  SECTION("put --if-absent twice") {
    CHECK(ctl({"put", "k", "1", "--if-absent"}).code == 0);
    const Ran second = ctl({"put", "k", "2", "--if-absent"});
    CHECK(second.code == 3);
    CHECK(second.err.find("(definite)") != std::string::npos);
    CHECK(ctl({"get", "k", "--print-value-only"}).out == "1\n");
  }
  SECTION("conditions on value and revision") {
    CHECK(ctl({"put", "k", "1"}).code == 0);
    CHECK(ctl({"put", "k", "2", "--if-value", "0"}).code == 3);
    CHECK(ctl({"put", "k", "2", "--if-value", "1"}).code == 0);
    CHECK(ctl({"del", "k", "--if-revision", "1"}).code == 3);
    CHECK(ctl({"del", "k", "--if-revision", "2"}).out == "1\n");
  }
  SECTION("a guard of a dead lease is FENCED") {
    const auto granted = nlohmann::json::parse(ctl({"lease", "grant", "60", "-w", "json"}).out);
    const std::string lease = std::to_string(granted["ID"].get<std::uint64_t>());
    CHECK(ctl({"put", "lock", "me", "--lease", lease}).code == 0);
    const auto got = nlohmann::json::parse(ctl({"get", "lock", "-w", "json"}).out);
    const std::string guard = lease + ":" + std::to_string(got["kvs"][0]["create_revision"].get<std::uint64_t>()) + ":lock";
    CHECK(ctl({"put", "data", "1", "--guard", guard}).code == 0);
    CHECK(ctl({"lease", "revoke", lease}).code == 0);
    const Ran fenced = ctl({"put", "data", "2", "--guard", guard});
    CHECK(fenced.code == 3);
    CHECK(fenced.err.find("fenced") != std::string::npos);
    CHECK(ctl({"get", "data", "--print-value-only"}).out == "1\n");
  }
  SECTION("txn from standard input") {
    CHECK(ctl({"put", "k", "old"}).code == 0);
    const Ran done = ctl({"txn"}, "mod(\"k\") = \"1\"\n\nput k \"new value\"\nget k\n\nget k\n");
    CHECK(done.code == 0);
    CHECK(done.out == "SUCCESS\n\nOK\n\nk\nnew value\n");
    CHECK(ctl({"txn"}, "mod(\"k\") = \"1\"\n\nput k x\n\nget k\n").out == "FAILURE\n\nk\nnew value\n");
    CHECK(ctl({"txn"}, "mod k = 1\n\nput k x\n").code == 2);
  }
  SECTION("JSON has etcdctl's names") {
    CHECK(ctl({"put", "k", "v"}).code == 0);
    const auto got = nlohmann::json::parse(ctl({"get", "k", "-w", "json"}).out);
    CHECK(got["count"] == 1);
    CHECK(got["kvs"][0]["key"] == "aw==");
    CHECK(got["kvs"][0]["value"] == "dg==");
    CHECK(got["kvs"][0]["mod_revision"] == 1);
    CHECK(got["header"]["revision"] == 1);
    const auto status = nlohmann::json::parse(ctl({"status", "-w", "json"}).out);
    CHECK(status[0]["role"] == "leader");
    for (const char* field : {"endpoint", "name", "member_id", "term", "index", "applied", "revision", "db_size", "leader"})
      CHECK(status[0].contains(field));
  }
  SECTION("ranges, old revisions and deletes") {
    for (int i = 0; i < 5; ++i) CHECK(ctl({"put", "r/" + std::to_string(i), std::to_string(i)}).code == 0);
    CHECK(ctl({"get", "r/", "--prefix", "--limit", "2", "--keys-only"}).out == "r/0\nr/1\n");
    CHECK(ctl({"get", "r/", "--prefix", "--count-only"}).out == "5\n");
    CHECK(ctl({"del", "r/", "--prefix"}).out == "5\n");
    CHECK(ctl({"get", "r/", "--prefix", "--rev", "3", "--print-value-only"}).out == "0\n1\n2\n");
    CHECK(ctl({"compact", "5"}).code == 0);
    const Ran compacted = ctl({"get", "r/", "--prefix", "--rev", "3"});
    CHECK(compacted.code == 1);
    CHECK(compacted.err.find("compacted") != std::string::npos);
  }
  SECTION("wrong usage is exit 2 and names what is wrong") {
    CHECK(ctl({"put"}).code == 2);
    CHECK(ctl({"nonsense"}).code == 2);
    CHECK(ctl({"lease", "grant", "soon"}).code == 2);
    CHECK(run({program("conclavectl"), "--endpoints", "nowhere", "get", "a"}).code == 2);
  }
}

TEST_CASE("conclavectl says that nothing was done when no member can be reached") {
  const Ran ran = run({program("conclavectl"), "--endpoints", "127.0.0.1:1", "--timeout", "500ms", "put", "a", "1"});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("(definite)") != std::string::npos);
}
