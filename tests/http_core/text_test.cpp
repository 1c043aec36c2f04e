#include "conclave/http_core/response.hpp"
#include "conclave/http_core/routes.hpp"
#include "conclave/http_core/target.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::http {

TEST_CASE("what is encoded is decoded to itself") {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  CHECK(decode_percent(encode_percent(every), false) == every);
  CHECK(decode_percent("a+b%2b", true) == std::string("a b+"));
  CHECK(decode_percent("a+b", false) == std::string("a+b"));
  CHECK(decode_percent("ok%", false).error().context.find("byte 2") != std::string::npos);
}

TEST_CASE("a form has names without values, empty parts and repeated names") {
  const auto form = parse_parameters("a=1&&b&c=x%20y+z&a=2&=v");
  REQUIRE(form.has_value());
  CHECK(form->all() == std::vector<Field>{{"a", "1"}, {"b", ""}, {"c", "x y z"}, {"a", "2"}, {"", "v"}});
  CHECK(form->get("a") == "1");
  CHECK(form->get("none", "otherwise") == "otherwise");
  CHECK(is_form("application/x-www-form-urlencoded; charset=utf-8"));
  CHECK_FALSE(is_form("application/json"));
}

TEST_CASE("a head has its length, and no header of a program's making") {
  ResponseHead head;
  head.status = 404;
  head.fields = {{"X-Note", "a\r\nSet-Cookie: stolen"}, {"Content-Length", "7"}};
  head.content_length = 3;
  head.date = http_date(784111777);
  CHECK(render_head(head) ==
        "HTTP/1.1 404 Not Found\r\nX-Note: a  Set-Cookie: stolen\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Length: 3\r\nConnection: keep-alive\r\n\r\n");
  head = {.status = 200, .framing = Framing::chunked};
  CHECK(render_head(head) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
  head = {.status = 200, .framing = Framing::close};
  CHECK(render_head(head) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

TEST_CASE("dates are right at the edges of years") {
  CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(http_date(1735689599) == "Tue, 31 Dec 2024 23:59:59 GMT");
  CHECK(http_date(1735689600) == "Wed, 01 Jan 2025 00:00:00 GMT");
}

TEST_CASE("a chunk has its size in front, and an empty one is not sent") {
  std::string text;
  append_chunk(text, "hello, there, world");
  append_chunk(text, "");
  CHECK(text == "13\r\nhello, there, world\r\n");
}

TEST_CASE("JSON strings are JSON whatever is put into them") {
  CHECK(json_quote("a\"b\\c\nd\x01") == "\"a\\\"b\\\\c\\nd\\u0001\"");
  CHECK(json_quote("\xc3\xa4 \xf0\x9f\x98\x80") == "\"\xc3\xa4 \xf0\x9f\x98\x80\"");
  CHECK(json_quote("\xff \xc0\x80 \xed\xa0\x80 \xe2\x82") ==
        "\"\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\"");
  CHECK(json_error({400, "bad", "no"}) == "{\"error\":\"no\",\"kind\":\"bad\"}\n");
}

TEST_CASE("an event has a line for each line of its data") {
  CHECK(render_event({"7", "job", "a\nb\r\nc"}) == "id: 7\nevent: job\ndata: a\ndata: b\ndata: c\n\n");
  CHECK(render_event({"1\n2", "", ""}) == "id: 1 2\ndata: \n\n");
}

TEST_CASE("the route that says most about a path is taken") {
  RouteTable table;
  const auto list = table.add("GET", "/members");
  const auto one = table.add("GET", "/members/{id}");
  const auto leader = table.add("GET", "/members/leader");
  const auto create = table.add("POST", "/members");
  const auto key = table.add("PUT", "/keys/{key*}");
  const auto any = table.add("*", "/any/{a}/{b}");
  const auto head = table.add("HEAD", "/members/{id}");

  CHECK(table.match("GET", "/members").route == list);
  CHECK(table.match("POST", "/members").route == create);
  CHECK(table.match("GET", "/members/leader").route == leader);
  CHECK(table.match("HEAD", "/members").route == list);
  CHECK(table.match("HEAD", "/members/7").route == head);
  CHECK(table.match("GET", "/members/7").parts.get("id") == "7");
  CHECK(table.match("GET", "/members/7").route == one);
  CHECK(table.match("PUT", "/keys/a/b").parts.get("key") == "a/b");
  CHECK(table.match("PUT", "/keys/a/").parts.get("key") == "a/");
  CHECK(table.match("PUT", "/keys").route == key);
  CHECK(table.match("BREW", "/any/x/y").route == any);

  CHECK(table.match("GET", "/nowhere").outcome == RouteTable::Outcome::no_such_path);
  CHECK(table.match("GET", "/members/7/x").outcome == RouteTable::Outcome::no_such_path);
  CHECK(table.match("GET", "/members/").outcome == RouteTable::Outcome::no_such_path);
  const auto wrong = table.match("DELETE", "/members");
  CHECK(wrong.outcome == RouteTable::Outcome::wrong_method);
  CHECK(wrong.allow == "GET, HEAD, POST");
}

}  // namespace conclave::http
