#include <string>

#include "conclave/test/catch.hpp"
#include "raw_http.hpp"
#include "site.hpp"

namespace conclave::test {

TEST_CASE("one connection carries one request after the other") {
  Site site;
  RawHttp client(site.port());
  const HttpReply first = client.ask(http_request("GET", "/hello"));
  CHECK(first.status == 200);
  CHECK(first.body == "hello ");
  CHECK(first.header("Connection") == "keep-alive");
  CHECK(first.header("Content-Type") == "text/plain");
  CHECK(first.header("Date").ends_with(" GMT"));
  CHECK(client.ask(http_request("POST", "/echo", "body one")).body == "body one");
  CHECK(
      client.ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n4\r\n two\r\n0\r\n\r\n").body ==
      "body two");
  CHECK(client.ask(http_request("POST", "/ignore", "nobody reads this")).status == 204);
  CHECK(client.ask(http_request("GET", "/hello")).status == 200);
  CHECK(site.counters().accepted == 1);
  CHECK(site.counters().requests == 5);
  CHECK(site.counters().open_replies == 0);
}

TEST_CASE("pipelined requests are answered in their order") {
  Site site;
  RawHttp client(site.port());
  std::string many;
  for (int i = 0; i < 500; ++i) many += http_request("POST", "/echo", std::to_string(i));
  client.send(many);
  for (int i = 0; i < 500; ++i) REQUIRE(client.receive().body == std::to_string(i));
}

TEST_CASE("each write of a streamed reply is one chunk") {
  Site site;
  RawHttp client(site.port());
  const HttpReply reply = client.ask(http_request("GET", "/count/3"));
  CHECK(reply.chunks == std::vector<std::string>{"0\n", "1\n", "2\n"});
  CHECK(reply.complete);
  CHECK(client.ask(http_request("GET", "/count/0")).complete);
}

TEST_CASE("a client sends and listens by turns within one request") {
  Site site;
  RawHttp client(site.port());
  client.send("POST /slow-echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const HttpReply head = client.receive_head();
  CHECK(head.status == 200);
  for (const std::string text : {"one", "two", "three"}) {
    client.send(std::to_string(text.size()) + "\r\n" + text + "\r\n");
    CHECK(client.receive_chunk() == text);
  }
  client.send("0\r\n\r\n");
  CHECK(client.receive_chunk() == std::string());
}

TEST_CASE("a stream whose request is cut or malformed ends without its last chunk") {
  Site site;
  for (const char* broken : {"zz\r\n", ""}) {
    RawHttp client(site.port());
    client.send("POST /slow-echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(client.receive_head().status == 200);
    client.send(broken);
    if (std::string(broken).empty()) client.end_sending();
    CHECK_FALSE(client.receive_chunk().has_value());
  }
}

TEST_CASE("HTTP/1.0 gets its streams without chunks and the end of the connection") {
  Site site;
  RawHttp client(site.port());
  const HttpReply reply = client.ask("GET /count/3 HTTP/1.0\r\n\r\n");
  CHECK(reply.status == 200);
  CHECK(reply.header("Transfer-Encoding").empty());
  CHECK(reply.body == "0\n1\n2\n");
  RawHttp kept(site.port());
  CHECK(kept.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status == 200);
  CHECK(kept.ask("GET /hello HTTP/1.0\r\n\r\n").status == 200);
  CHECK(kept.is_closed());
}

TEST_CASE("HEAD has the headers of GET and no body") {
  Site site;
  RawHttp client(site.port());
  client.send(http_request("HEAD", "/hello"));
  const HttpReply head = client.receive(true);
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == "6");
  client.send(http_request("HEAD", "/count/3"));
  CHECK(client.receive(true).status == 200);
  CHECK(client.ask(http_request("GET", "/hello")).body == "hello ");
}

TEST_CASE("unknown paths are 404, wrong methods 405 with what is allowed") {
  Site site;
  RawHttp client(site.port());
  const HttpReply missing = client.ask(http_request("GET", "/nowhere"));
  CHECK(missing.status == 404);
  CHECK(missing.body == "{\"error\":\"there is nothing at /nowhere\",\"kind\":\"not_found\"}\n");
  const HttpReply wrong = client.ask(http_request("DELETE", "/hello"));
  CHECK(wrong.status == 405);
  CHECK(wrong.header("Allow") == "GET, HEAD");
  CHECK(client.ask(http_request("GET", "/hello")).status == 200);
}

TEST_CASE("a client that asks first whether to go on is told so") {
  Site site;
  RawHttp client(site.port());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.receive().status == 100);
  client.send("body");
  CHECK(client.receive().body == "body");
  client.send("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  const HttpReply refused = client.receive();
  CHECK(refused.status == 404);
  CHECK(refused.header("Connection") == "close");
  CHECK(client.is_closed());
}

TEST_CASE("a handler that throws or forgets is answered for with 500") {
  Site site;
  RawHttp client(site.port());
  CHECK(client.ask(http_request("GET", "/throw")).status == 500);
  CHECK(client.ask(http_request("POST", "/throw", "x")).status == 500);
  CHECK(client.ask(http_request("GET", "/forget")).status == 500);
  CHECK(client.ask(http_request("GET", "/hello")).status == 200);
}

TEST_CASE("events have ids, names and what the browser saw last") {
  Site site;
  RawHttp client(site.port());
  const HttpReply reply = client.ask(http_request("GET", "/events", "", "Last-Event-ID: 1\r\n"));
  CHECK(reply.header("Content-Type") == "text/event-stream");
  CHECK(reply.header("Cache-Control") == "no-store");
  CHECK(reply.body == "retry: 2000\n\nid: 2\nevent: job\ndata: after 1\n\n");
}

TEST_CASE("a handler learns that its client has gone") {
  Site site;
  {
    RawHttp client(site.port());
    client.send(http_request("GET", "/wait"));
    REQUIRE(site.eventually([](const http::Counters& counters) { return counters.open_replies == 1; }));
  }
  CHECK(site.eventually([](const http::Counters& counters) { return counters.open_replies == 0; }));
}

TEST_CASE("who ends only the sending half still gets the reply") {
  Site site;
  RawHttp client(site.port());
  client.send(http_request("POST", "/echo", "still there?"));
  client.end_sending();
  CHECK(client.receive().body == "still there?");
  CHECK(client.is_closed());
}

TEST_CASE("a stop lets replies be finished and closes what is idle") {
  Site site;
  RawHttp idle(site.port());
  CHECK(idle.ask(http_request("GET", "/hello")).status == 200);
  RawHttp busy(site.port());
  busy.send(http_request("GET", "/wait"));
  REQUIRE(site.eventually([](const http::Counters& counters) { return counters.open_replies == 1; }));
  site.run([](http::Server& server) { server.stop(seconds(30), [] {}); });
  CHECK(idle.is_closed());
  site.release();
  const HttpReply reply = busy.receive();
  CHECK(reply.body == "released");
  CHECK(busy.is_closed());
  CHECK_THROWS(RawHttp(site.port()));
}

TEST_CASE("a stop does not wait longer than its patience") {
  Site site;
  RawHttp busy(site.port());
  busy.send(http_request("GET", "/wait"));
  REQUIRE(site.eventually([](const http::Counters& counters) { return counters.open_replies == 1; }));
  site.stop(milliseconds(200));
  CHECK_FALSE(busy.receive().complete);
}

}  // namespace conclave::test
