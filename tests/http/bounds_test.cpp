#include <string>
#include <vector>

#include "conclave/test/catch.hpp"
#include "raw_http.hpp"
#include "site.hpp"

namespace conclave::test {
namespace {

http::Options short_deadlines() {
  http::Options options;
  options.limits.head_deadline = milliseconds(300);
  options.limits.body_deadline = milliseconds(300);
  options.limits.idle_max = milliseconds(300);
  options.limits.write_stall_max = milliseconds(300);
  options.limits.linger_max = milliseconds(300);
  return options;
}

}  // namespace

TEST_CASE("hostile requests get a 4xx that says what was wrong, and the connection is closed") {
  Site site;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "more than one Content-Length"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "and a Transfer-Encoding"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "size of a chunk"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", "obsolete"},
      {std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33), "control characters"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n", "not a token"},
      {"GET /\r\n", "HTTP/0.9"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"},
      {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "proxy"},
      {"GET /%q HTTP/1.1\r\nHost: a\r\n\r\n", "hexadecimal"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "larger than 16384 bytes"},
      {"GET /" + std::string(10'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "longer than 8192 bytes"},
      {"\x16\x03\x01\x05\x01", "without TLS"},
  };
  for (const auto& [bytes, text] : cases) {
    INFO(bytes.substr(0, 100));
    RawHttp client(site.port());
    const HttpReply reply = client.ask(bytes);
    CHECK(reply.status / 100 == 4);
    CHECK(reply.header("Content-Type") == "application/json");
    CHECK(reply.header("Connection") == "close");
    CHECK(reply.body.find(text) != std::string::npos);
    CHECK(client.is_closed());
  }
  CHECK(site.refused("conflicting_length") == 2);
}

TEST_CASE("a request behind a refused one is not carried out") {
  Site site;
  RawHttp client(site.port());
  CHECK(client.ask("GET / HTTP/1.1\r\nX Y: 1\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status == 400);
  CHECK(client.is_closed());
  CHECK(site.counters().requests == 0);
}

TEST_CASE("a body above the limit is refused, told or not") {
  http::Options options;
  options.limits.body_bytes_max = 1000;
  Site site(options);
  RawHttp told(site.port());
  CHECK(told.ask(http_request("POST", "/echo", std::string(1001, 'x'))).status == 413);
  RawHttp untold(site.port());
  CHECK(untold.ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x')).status ==
        413);
  RawHttp promised(site.port());
  CHECK(promised.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n").status == 413);
  RawHttp exact(site.port());
  CHECK(exact.ask(http_request("POST", "/echo", std::string(1000, 'x'))).status == 200);
}

TEST_CASE("a body of several megabytes arrives whole") {
  Site site;
  RawHttp client(site.port());
  std::string body;
  for (int i = 0; i < 400'000; ++i) body += std::to_string(i);
  CHECK(client.ask(http_request("POST", "/echo", body)).body == body);
  CHECK(client.ask(http_request("GET", "/hello")).status == 200);
}

TEST_CASE("a body that nobody reads does not take up memory and does not stop the connection if it is small") {
  Site site;
  RawHttp client(site.port());
  client.send(http_request("POST", "/ignore", std::string(100'000, 'x')) + http_request("GET", "/hello"));
  CHECK(client.receive().status == 204);
  CHECK(client.receive().status == 200);
  RawHttp large(site.port());
  large.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  const HttpReply reply = large.receive();
  CHECK(reply.status == 204);
  CHECK(reply.header("Connection") == "close");
}

TEST_CASE("headers that come too slowly are given up") {
  Site site(short_deadlines());
  RawHttp client(site.port());
  client.send("GET /hello HT");
  CHECK(client.receive().status == 408);
  CHECK(client.is_closed());
}

TEST_CASE("a body that comes too slowly is given up") {
  Site site(short_deadlines());
  RawHttp client(site.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  CHECK(client.receive().status == 408);
  CHECK(client.is_closed());
}

TEST_CASE("a request that is cut is told so") {
  Site site;
  RawHttp client(site.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  client.end_sending();
  const HttpReply reply = client.receive();
  CHECK(reply.status == 400);
  CHECK(reply.body.find("before its body was complete") != std::string::npos);
}

TEST_CASE("a connection on which nothing happens is closed") {
  Site site(short_deadlines());
  RawHttp fresh(site.port());
  CHECK(fresh.is_closed());
  RawHttp used(site.port());
  CHECK(used.ask(http_request("GET", "/hello")).status == 200);
  CHECK(used.is_closed());
}

TEST_CASE("a client that does not read is closed and holds no memory") {
  Site site(short_deadlines());
  RawHttp client(site.port());
  client.shrink_receive_buffer();
  client.send(http_request("GET", "/flood/100000000"));
  CHECK(site.eventually([](const http::Counters& counters) { return counters.refused.count("slow_reader") == 1; }));
  CHECK(site.eventually([](const http::Counters& counters) { return counters.connections == 0; }));
}

TEST_CASE("a client that reads gets everything, however much it is") {
  Site site;
  RawHttp client(site.port());
  CHECK(client.ask(http_request("GET", "/flood/20000000")).body.size() == 20'000'000);
}

TEST_CASE("one connection too many is answered 503") {
  http::Options options;
  options.limits.connections_max = 2;
  Site site(options);
  RawHttp first(site.port());
  RawHttp second(site.port());
  CHECK(first.ask(http_request("GET", "/hello")).status == 200);
  CHECK(second.ask(http_request("GET", "/hello")).status == 200);
  RawHttp third(site.port());
  CHECK(third.receive().status == 503);
  CHECK(third.is_closed());
  CHECK(first.ask(http_request("GET", "/hello")).status == 200);
}

TEST_CASE("a connection carries only so many requests") {
  http::Options options;
  options.limits.pipelined_requests_max = 3;
  Site site(options);
  RawHttp client(site.port());
  client.send(http_request("GET", "/hello") + http_request("GET", "/hello") + http_request("GET", "/hello") +
              http_request("GET", "/hello"));
  CHECK(client.receive().header("Connection") == "keep-alive");
  CHECK(client.receive().header("Connection") == "keep-alive");
  CHECK(client.receive().header("Connection") == "close");
  CHECK(client.is_closed());
}

}  // namespace conclave::test
