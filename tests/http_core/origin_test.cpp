#include "conclave/http_core/origin.hpp"

#include "conclave/test/catch.hpp"

namespace conclave::http {
namespace {

Page page(std::initializer_list<Field> fields) {
  RequestHead head;
  head.fields = fields;
  return page_of(head);
}

TEST_CASE("a program that is no browser comes from no page") {
  CHECK(page({{"Host", "10.0.0.1:7402"}}) == Page::none);
  CHECK(page({{"Host", "10.0.0.1:7402"}, {"Sec-Fetch-Site", "none"}}) == Page::none);
}

TEST_CASE("a page is our own if it came from the address that is asked, whatever the scheme and case") {
  CHECK(page({{"Host", "a.example:7402"}, {"Origin", "http://a.example:7402"}}) == Page::own);
  CHECK(page({{"Host", "A.example"}, {"Origin", "https://a.example"}}) == Page::own);
  CHECK(page({{"Host", "a.example:7402"}, {"Sec-Fetch-Site", "same-origin"}}) == Page::own);
}

TEST_CASE("every other page is foreign: another port, another host, one without a name, one of the same site") {
  CHECK(page({{"Host", "a.example:7402"}, {"Origin", "http://a.example"}}) == Page::other);
  CHECK(page({{"Host", "a.example:7402"}, {"Origin", "http://a.example:8080"}}) == Page::other);
  CHECK(page({{"Host", "a.example:7402"}, {"Origin", "http://b.example:7402"}}) == Page::other);
  CHECK(page({{"Host", "a.example:7402"}, {"Origin", "http://x@a.example:7402"}}) == Page::other);
  CHECK(page({{"Host", "a.example:7402"}, {"Origin", "null"}}) == Page::other);
  CHECK(page({{"Host", "a.example:7402"}, {"Origin", ""}}) == Page::other);
  CHECK(page({{"Host", ""}, {"Origin", "http://"}}) == Page::other);
  CHECK(page({{"Origin", "http://a.example"}}) == Page::other);
  CHECK(page({{"Host", "a.example"}, {"Sec-Fetch-Site", "cross-site"}}) == Page::other);
  CHECK(page({{"Host", "a.example"}, {"Sec-Fetch-Site", "same-site"}}) == Page::other);
  CHECK(page({{"Host", "a.example"}, {"Sec-Fetch-Site", "nonsense"}}) == Page::other);
}

TEST_CASE("a list names origins exactly, or all of them") {
  const std::vector<std::string> some{"https://ops.example", "http://x:1"};
  CHECK(is_listed(some, "http://x:1"));
  CHECK_FALSE(is_listed(some, "http://x:12"));
  CHECK_FALSE(is_listed(some, "http://ops.example"));
  CHECK_FALSE(is_listed({}, "http://x:1"));
  const std::vector<std::string> all{"*"};
  CHECK(is_listed(all, "null"));
}

TEST_CASE("only methods that ask change nothing") {
  for (const char* const asks : {"GET", "HEAD", "OPTIONS"}) CHECK_FALSE(may_change(asks));
  for (const char* const changes : {"POST", "PUT", "DELETE", "PATCH", "BREW"}) CHECK(may_change(changes));
}

}  // namespace
}  // namespace conclave::http
