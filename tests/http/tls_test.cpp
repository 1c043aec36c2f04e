#include "conclave/test/catch.hpp"
#include "conclave/test/certificates.hpp"
#include "raw_http.hpp"
#include "site.hpp"

namespace conclave::test {
namespace {

struct Authority : Certificates {
  Authority() {
    make_authority("ca");
    make_authority("other");
    make("server", "ca", "server", "IP:127.0.0.1");
    make("alice", "ca", "alice", "DNS:alice");
    make("mallory", "other", "alice", "DNS:alice");
  }
};

const Certificates& certificates() {
  static const Authority made;
  return made;
}

http::Options with_tls(bool require) {
  http::Options options;
  options.tls = {certificates().cert("server"), certificates().key("server"), certificates().cert("ca"), require};
  options.limits.handshake_deadline = milliseconds(400);
  return options;
}

HttpTls as(const std::string& name) {
  if (name.empty()) return {certificates().cert("ca"), {}, {}};
  return {certificates().cert("ca"), certificates().cert(name), certificates().key(name)};
}

}  // namespace

TEST_CASE("a handler knows the name in the certificate that was verified") {
  Site site(with_tls(false));
  RawHttp alice(site.port());
  REQUIRE(alice.start_tls(as("alice")));
  CHECK(alice.ask(http_request("GET", "/hello")).body == "hello alice");
  CHECK(alice.ask(http_request("GET", "/count/3")).chunks.size() == 3);
  std::string body(300'000, 'b');
  CHECK(alice.ask(http_request("POST", "/echo", body)).body == body);
  RawHttp nobody(site.port());
  REQUIRE(nobody.start_tls(as("")));
  CHECK(nobody.ask(http_request("GET", "/hello")).body == "hello ");
}

TEST_CASE("a certificate of another authority is refused") {
  Site site(with_tls(false));
  RawHttp mallory(site.port());
  const bool started = mallory.start_tls(as("mallory"));
  CHECK_FALSE((started && mallory.ask(http_request("GET", "/hello")).complete));
  CHECK(site.refused("tls_failed") == 1);
}

TEST_CASE("where a certificate is demanded nobody comes in without") {
  Site site(with_tls(true));
  RawHttp nobody(site.port());
  const bool started = nobody.start_tls(as(""));
  CHECK_FALSE((started && nobody.ask(http_request("GET", "/hello")).complete));
  RawHttp alice(site.port());
  REQUIRE(alice.start_tls(as("alice")));
  CHECK(alice.ask(http_request("GET", "/hello")).status == 200);
}

TEST_CASE("plain text and silence on a TLS port harm nobody") {
  Site site(with_tls(false));
  RawHttp plain(site.port());
  plain.send(http_request("GET", "/hello"));
  CHECK(plain.is_closed());
  RawHttp silent(site.port());
  CHECK(silent.is_closed());
  CHECK(site.refused("handshake_timeout") == 1);
}

TEST_CASE("a TLS connection that is refused or stopped ends with a farewell") {
  Site site(with_tls(false));
  RawHttp bad(site.port());
  REQUIRE(bad.start_tls(as("alice")));
  CHECK(bad.ask("GET /hello\r\n").status == 400);
  CHECK(bad.is_closed());
}

TEST_CASE("a server whose certificate cannot be used does not open, and says which file") {
  http::Options options;
  options.tls = {"/nonexistent/cert.pem", "/nonexistent/key.pem", {}, false};
  asio::io_context io;
  NullLogSink log;
  const auto server = http::Server::open(
      io, options, [](const http::ExchangePtr&) {}, log);
  REQUIRE_FALSE(server.has_value());
  CHECK(server.error().context.find("/nonexistent/cert.pem") != std::string::npos);
}

}  // namespace conclave::test
