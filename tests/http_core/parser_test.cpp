#include <string>
#include <utility>
#include <vector>

#include "conclave/http_core/request_parser.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::http {
namespace {

/// What a parser makes of bytes that come in pieces of `piece`.
struct Parsed {
  std::vector<RequestHead> heads;
  std::vector<std::string> bodies;
  std::size_t ended = 0;
  std::optional<Refusal> refusal;
};

Parsed parse(std::string_view bytes, std::size_t piece, const ParseLimits& limits = {}) {
  RequestParser parser(limits);
  Parsed parsed;
  std::string waiting;
  for (std::size_t at = 0; at <= bytes.size(); at += piece) {
    waiting.append(bytes.substr(at, piece));
    while (true) {
      const auto step = parser.step(waiting);
      waiting.erase(0, step.consumed);
      if (step.event == RequestParser::Event::failed) {
        parsed.refusal = parser.refusal();
        return parsed;
      }
      if (step.event == RequestParser::Event::head) {
        parsed.heads.push_back(parser.take_head());
        parsed.bodies.emplace_back();
      }
      if (step.event == RequestParser::Event::body) parsed.bodies.back().append(parser.body());
      if (step.event == RequestParser::Event::end) ++parsed.ended;
      if (step.event == RequestParser::Event::more) break;
    }
  }
  return parsed;
}

Refusal refusal_of(const std::string& bytes, const ParseLimits& limits = {}) {
  const Parsed whole = parse(bytes, bytes.size(), limits);
  for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
    INFO("in pieces of " << piece);
    const Parsed cut = parse(bytes, piece, limits);
    CHECK(cut.refusal.value_or(Refusal{}).kind == whole.refusal.value_or(Refusal{}).kind);
    CHECK(cut.ended == whole.ended);
  }
  INFO(bytes);
  REQUIRE(whole.refusal.has_value());
  return *whole.refusal;
}

std::string post(const std::string& headers, const std::string& body = {}) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}
std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }

}  // namespace

TEST_CASE("a request is the same however its bytes are cut") {
  const std::string bytes =
      "\r\nGET /a%20b/c?x=1&y=%2B+z HTTP/1.1\r\nHost: here\r\nX-One:  1 \r\nx-one: 2\r\n\r\n"
      "POST /p HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello"
      "PUT /q HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: "
      "1\r\n\r\n"
      "DELETE /r HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Parsed parsed = parse(bytes, piece);
    INFO("in pieces of " << piece << ": " << (parsed.refusal ? parsed.refusal->text : ""));
    REQUIRE(parsed.ended == 4);
    CHECK(parsed.heads[0].path == "/a b/c");
    CHECK(parsed.heads[0].target == "/a%20b/c?x=1&y=%2B+z");
    CHECK(parsed.heads[0].parameters.get("y") == "+ z");
    CHECK(parsed.heads[0].fields.get("X-ONE") == "1");
    CHECK(parsed.heads[0].fields.count("x-one") == 2);
    CHECK_FALSE(parsed.heads[0].has_body());
    CHECK(parsed.heads[1].expects_continue);
    CHECK(parsed.heads[1].content_length == 5);
    CHECK(parsed.heads[2].chunked);
    CHECK(parsed.heads[3].method == "DELETE");
    CHECK_FALSE(parsed.heads[3].keep_alive);
    CHECK(parsed.bodies == std::vector<std::string>{"", "hello", "abc0123456789", ""});
  }
}

TEST_CASE("a parser takes nothing of the next request") {
  RequestParser parser({});
  const std::string one = post("Content-Length: 2\r\n", "ab");
  const auto head = parser.step(one + one);
  REQUIRE(head.event == RequestParser::Event::head);
  const auto body = parser.step((one + one).substr(head.consumed));
  REQUIRE(body.event == RequestParser::Event::body);
  const auto end = parser.step((one + one).substr(head.consumed + body.consumed));
  REQUIRE(end.event == RequestParser::Event::end);
  CHECK(head.consumed + body.consumed + end.consumed == one.size());
}

TEST_CASE("keep-alive follows the version and the Connection header") {
  const auto keeps = [](const std::string& version, const std::string& header) {
    return parse("GET / HTTP/" + version + "\r\nHost: a\r\n" + header + "\r\n", 1000).heads.at(0).keep_alive;
  };
  CHECK(keeps("1.1", ""));
  CHECK_FALSE(keeps("1.1", "Connection: foo, Close\r\n"));
  CHECK_FALSE(keeps("1.0", ""));
  CHECK(keeps("1.0", "Connection: keep-alive\r\n"));
}

TEST_CASE("an offer to upgrade is passed over") {
  const Parsed parsed =
      parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 500);
  CHECK(parsed.ended == 2);
}

TEST_CASE("requests that two readers could understand differently are refused") {
  CHECK(refusal_of(post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")).kind == "conflicting_length");
  CHECK(refusal_of(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")).kind == "conflicting_length");
  CHECK(refusal_of(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")).kind == "conflicting_length");
  CHECK(refusal_of(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")).kind == "conflicting_length");
  for (const char* length : {"5, 5", "+5", "-1", "0x5", "5 5", "", "99999999999999999999999"}) {
    CHECK(refusal_of(post(std::string("Content-Length: ") + length + "\r\n", "hello")).kind == "bad_length");
  }
  for (const char* encoding : {"xchunked", "gzip, chunked", "chunked, gzip", "identity", "chunked\t,", "\"chunked\""}) {
    CHECK(refusal_of(post(std::string("Transfer-Encoding: ") + encoding + "\r\n", "0\r\n\r\n")).status == 501);
  }
  CHECK(refusal_of(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")).kind ==
        "bad_transfer_encoding");
  CHECK(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").kind == "bad_transfer_encoding");
  CHECK(refusal_of(post("Content-Length : 5\r\n", "hello")).kind == "bad_header_name");
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n").kind == "bare_line_feed");
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nX: y\rZ: 1\r\n\r\n").kind == "bad_header_value");
}

TEST_CASE("chunks that are not framed exactly are refused") {
  for (const char* body :
       {"5\r\nhelloXX0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\rXhello\r\n0\r\n\r\n", "5;a=b\nc\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffffff\r\nhello\r\n", "-1\r\nhello\r\n", "\r\nhello\r\n", "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\n", "5\r\nhello\r\n0\r\nX: 1\n\r\n", "5;a=\x01\r\nhello\r\n0\r\n\r\n", "5\r\nhello!\r\n0\r\n\r\n"}) {
    const Refusal refusal = refusal_of(chunked(body));
    CHECK(refusal.status == 400);
    CHECK(refusal.kind == "bad_chunk");
  }
  CHECK(refusal_of(chunked("5;" + std::string(5000, 'x') + "\r\nhello\r\n0\r\n\r\n")).kind == "bad_chunk");
  std::string trailers = "0\r\n";
  for (int i = 0; i < 500; ++i) trailers += "X-Many: trailers\r\n";
  CHECK(refusal_of(chunked(trailers + "\r\n")).kind == "bad_chunk");
}

TEST_CASE("heads that are no HTTP/1.1 are refused with what is wrong") {
  CHECK(refusal_of("GET /\r\n\r\n").kind == "http_0_9");
  CHECK(refusal_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").kind == "http_2_preface");
  CHECK(refusal_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n").status == 505);
  CHECK(refusal_of("GET / HTTP/1.1 x\r\nHost: a\r\n\r\n").kind == "bad_version");
  CHECK(refusal_of("GET / http/1.1\r\nHost: a\r\n\r\n").kind == "bad_request_line");
  CHECK(refusal_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_request_line");
  CHECK(refusal_of("GET\r\n\r\n").kind == "bad_request_line");
  CHECK(refusal_of("\x16\x03\x01\x02").kind == "tls_on_plain_port");
  CHECK(refusal_of("{\"json\": 1}\r\n").kind == "bad_request_line");
  CHECK(refusal_of("G@T / HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_method");
  CHECK(refusal_of("BREW / HTTP/1.1\r\nHost: a\r\n\r\n").status == 501);
  CHECK(refusal_of("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n").status == 501);
  CHECK(refusal_of("GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_target");
  CHECK(refusal_of("GET * HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_target");
  CHECK(refusal_of("GET x HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_target");
  CHECK(refusal_of("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_target");
  CHECK(refusal_of("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_escape");
  CHECK(refusal_of("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_escape");
  CHECK(refusal_of("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_target");
  CHECK(refusal_of("GET /?a=%g0 HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_query");
  CHECK(refusal_of("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_target");
  CHECK(refusal_of("GET / HTTP/1.1\r\n\r\n").kind == "missing_host");
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").kind == "bad_host");
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n").kind == "bad_host");
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n").kind == "folded_header");
  CHECK(refusal_of("GET / HTTP/1.1\r\n Host: a\r\n\r\n").kind == "folded_header");
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n").kind == "bad_header");
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n").kind == "bad_header_name");
  CHECK(refusal_of(std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33)).kind == "bad_header_value");
  CHECK(refusal_of(post("Expect: a-miracle\r\n")).status == 417);
}

TEST_CASE("the bounds of a head are kept") {
  ParseLimits limits;
  limits.target_bytes_max = 100;
  limits.head_bytes_max = 500;
  limits.fields_max = 10;
  CHECK(refusal_of("GET /" + std::string(100, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", limits).status == 414);
  CHECK(refusal_of("GET /" + std::string(5000, 'x'), limits).status == 414);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(500, 'x'), limits).status == 431);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 10; ++i) many += "X: 1\r\n";
  CHECK(refusal_of(many + "\r\n", limits).kind == "too_many_headers");
  std::string query = "GET /?";
  for (int i = 0; i < 300; ++i) query += "a&";
  CHECK(refusal_of(query + " HTTP/1.1\r\nHost: a\r\n\r\n").kind == "bad_query");
}

}  // namespace conclave::http
