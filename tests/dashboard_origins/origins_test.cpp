#include "../../server/dashboard/src/origins.hpp"

#include "conclave/test/catch.hpp"

namespace conclave::dashboard {
namespace {

raft::Membership members_at(const std::vector<std::string>& addresses) {
  raft::Membership membership;
  for (const std::string& address : addresses) {
    raft::Member member;
    member.http_address = address;
    membership.members.push_back(member);
  }
  return membership;
}

const std::vector<std::string> known = {"http://10.0.0.1:7402", "http://10.0.0.2:7402"};

}  // namespace

TEST_CASE("the page may talk to the members that serve HTTP") {
  CHECK(origins_of(members_at({"10.0.0.1:7402", "", "[::1]:7402"}), false) ==
        std::vector<std::string>{"http://10.0.0.1:7402", "http://[::1]:7402"});
  CHECK(origins_of(members_at({"n1.example:7402"}), true) == std::vector<std::string>{"https://n1.example:7402"});
  const std::string policy(page_fields(known).get("Content-Security-Policy"));
  CHECK(policy.find("connect-src 'self' http://10.0.0.1:7402 http://10.0.0.2:7402;") != std::string::npos);
}

TEST_CASE("an address that would say more in a policy than where a member is is left out") {
  CHECK(origins_of(members_at({"a:1; script-src *", "a:1 *", "*", "a:1,b:2", "a:1\r\nX: y", "a:1/path", "a:1'"}), false).empty());
}

TEST_CASE("pages of members read the state with the browser's certificate, pages of named origins without, others not at all") {
  const http::Fields member = reader_fields(known[1], known, {});
  CHECK(member.get("Access-Control-Allow-Origin") == known[1]);
  CHECK(member.get("Access-Control-Allow-Credentials") == "true");
  const http::Fields named = reader_fields("https://ops.example", known, {"https://ops.example"});
  CHECK(named.get("Access-Control-Allow-Origin") == "https://ops.example");
  CHECK(named.find("Access-Control-Allow-Credentials") == nullptr);
  CHECK(reader_fields("https://any.example", known, {"*"}).get("Access-Control-Allow-Origin") == "https://any.example");
  for (const char* const stranger : {"", "null", "http://10.0.0.1", "http://10.0.0.1:74021", "https://10.0.0.1:7402"}) {
    CHECK(reader_fields(stranger, known, {"https://ops.example"}).size() == 0);
  }
}

}  // namespace conclave::dashboard
