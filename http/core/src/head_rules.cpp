#include "head_rules.hpp"

#include <charconv>

#include "conclave/http_core/target.hpp"
#include "head_guard.hpp"

namespace conclave::http {
namespace {

using Verdict = std::optional<Refusal>;

Verdict bad(std::string kind, std::string text) { return Refusal{400, std::move(kind), std::move(text)}; }

Verdict check_length(RequestHead& head) {
  const std::size_t lengths = head.fields.count("content-length");
  if (lengths == 0) return {};
  if (lengths > 1) return bad("conflicting_length", "there is more than one Content-Length");
  if (head.fields.find("transfer-encoding") != nullptr) {
    return bad("conflicting_length", "there is a Content-Length and a Transfer-Encoding");
  }
  const std::string_view digits = head.fields.get("content-length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return bad("bad_length", "the Content-Length " + shown(digits) + " is not a number");
  }
  head.content_length = length;
  return {};
}

Verdict check_encoding(RequestHead& head) {
  const std::size_t encodings = head.fields.count("transfer-encoding");
  if (encodings == 0) return {};
  if (head.minor_version == 0) return bad("bad_transfer_encoding", "HTTP/1.0 has no Transfer-Encoding");
  if (encodings > 1) return bad("bad_transfer_encoding", "there is more than one Transfer-Encoding");
  const std::string_view encoding = head.fields.get("transfer-encoding");
  if (!same_text(encoding, "chunked")) {
    return Refusal{501, "unknown_transfer_encoding", "the Transfer-Encoding " + shown(encoding) + " is not known; chunked is"};
  }
  head.chunked = true;
  return {};
}

Verdict check_host(const RequestHead& head) {
  const std::size_t hosts = head.fields.count("host");
  if (hosts > 1) return bad("bad_host", "there is more than one Host");
  if (hosts == 0 && head.minor_version == 1) return bad("missing_host", "HTTP/1.1 needs a Host header");
  if (head.fields.get("host").find_first_of(" \t/@,") != std::string_view::npos) {
    return bad("bad_host", "the Host " + shown(head.fields.get("host")) + " is not a name or address with an optional port");
  }
  return {};
}

Verdict check_expect(RequestHead& head) {
  const std::string* expect = head.fields.find("expect");
  if (expect == nullptr) return {};
  if (!same_text(*expect, "100-continue")) {
    return Refusal{417, "unknown_expectation", "the expectation " + shown(*expect) + " is not known; 100-continue is"};
  }
  head.expects_continue = head.minor_version == 1;
  return {};
}

Verdict check_target(RequestHead& head, const ParseLimits& limits) {
  const std::string_view target = head.target;
  if (head.method == "CONNECT") return Refusal{501, "no_proxy", "this is no proxy: there is no CONNECT"};
  if (target == "*" && head.method == "OPTIONS") {
    head.path = "*";
    return {};
  }
  if (!target.starts_with('/')) {
    return bad("bad_target", "the target " + shown(target) + " does not start with '/'; this is no proxy");
  }
  if (target.find('#') != std::string_view::npos) return bad("bad_target", "the target has a fragment ('#')");
  const auto question = target.find('?');
  auto path = decode_percent(target.substr(0, question), false);
  if (!path.has_value()) return bad("bad_escape", "the path cannot be decoded: " + path.error().context);
  if (path->find('\0') != std::string::npos) return bad("bad_target", "the path has a zero byte");
  head.path = std::move(*path);
  head.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  auto parameters = parse_parameters(head.query, limits.parameters_max);
  if (!parameters.has_value()) return bad("bad_query", "the query cannot be decoded: " + parameters.error().context);
  head.parameters = std::move(*parameters);
  return {};
}

}  // namespace

std::optional<Refusal> finish_head(RequestHead& head, const ParseLimits& limits) {
  for (const auto& check : {check_length, check_encoding, check_expect}) {
    if (auto refusal = check(head)) return refusal;
  }
  if (auto refusal = check_host(head)) return refusal;
  if (auto refusal = check_target(head, limits)) return refusal;
  head.keep_alive =
      head.minor_version == 1 ? !head.fields.has_token("connection", "close") : head.fields.has_token("connection", "keep-alive");
  return {};
}

}  // namespace conclave::http
