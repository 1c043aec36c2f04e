// Requests as strangers send them. However the bytes are cut, the parser makes the same of them, keeps its bounds, and what it lets
// pass keeps the promises of RequestHead.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "conclave/http_core/request_parser.hpp"
#include "conclave/http_core/response.hpp"
#include "conclave/http_core/routes.hpp"
#include "conclave/http_core/target.hpp"

namespace {

using namespace conclave::http;

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

struct Seen {
  std::vector<std::string> targets;
  std::string bodies;
  std::size_t ended = 0;
  std::string refusal;
  bool operator==(const Seen&) const = default;
};

void check_head(const RequestHead& head, const ParseLimits& limits) {
  demand(!head.method.empty(), "a method");
  demand(head.path == "*" || head.path.starts_with('/'), "a path");
  demand(head.path.find('\0') == std::string::npos, "no zero byte in a path");
  demand(head.fields.size() <= limits.fields_max, "few headers");
  demand(!(head.chunked && head.content_length), "one length");
  for (const Field& field : head.fields.all()) {
    demand(field.value.find_first_of(std::string("\r\n\0", 3)) == std::string::npos, "no line ends in values");
  }
}

Seen parse(std::string_view bytes, std::size_t piece) {
  const ParseLimits limits{
      .head_bytes_max = 2048, .target_bytes_max = 512, .fields_max = 20, .parameters_max = 16, .chunk_overhead_bytes_max = 256};
  RequestParser parser(limits);
  Seen seen;
  std::string waiting;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    waiting.append(bytes.substr(at, piece));
    for (auto event = RequestParser::Event::head; event != RequestParser::Event::more;) {
      const auto step = parser.step(waiting);
      demand(step.consumed <= waiting.size(), "only what is there is consumed");
      waiting.erase(0, step.consumed);
      event = step.event;
      if (event == RequestParser::Event::head) {
        check_head(parser.head(), limits);
        seen.targets.push_back(parser.take_head().target);
      } else if (event == RequestParser::Event::body) {
        seen.bodies.append(parser.body());
      } else if (event == RequestParser::Event::end) {
        ++seen.ended;
      } else if (event == RequestParser::Event::failed) {
        demand(parser.refusal().status >= 400 && parser.refusal().status < 600, "a status");
        demand(!parser.refusal().text.empty(), "a reason");
        seen.refusal = parser.refusal().kind;
        return seen;
      }
    }
    demand(waiting.empty(), "everything is consumed");
  }
  return seen;
}

void check_texts(std::string_view bytes) {
  const auto decoded = decode_percent(bytes, false);
  demand(decode_percent(encode_percent(bytes), true) == std::string(bytes), "encoded and decoded");
  demand(!decoded.has_value() || decoded->size() <= bytes.size(), "decoding makes nothing longer");
  static_cast<void>(parse_parameters(bytes));
  const std::string quoted = json_quote(bytes);
  demand(quoted.size() >= 2 && quoted.find('\n') == std::string::npos, "a JSON string is one line");
  RouteTable table;
  table.add("GET", "/a/{b}/c");
  table.add("PUT", "/{rest*}");
  static_cast<void>(table.match("GET", bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Seen whole = parse(bytes, size == 0 ? 1 : size);
  const Seen cut = parse(bytes, 1);
  if (whole.targets != cut.targets || whole.refusal != cut.refusal || whole.ended != cut.ended) {
    std::fprintf(stderr, "%s\nwhole: %zu requests, %s; cut: %zu, %s\n", json_quote(bytes).c_str(), whole.ended,
                 whole.refusal.c_str(), cut.ended, cut.refusal.c_str());
  }
  // A refusal of a cut body may come before a piece that the whole had already given out, never after.
  if (whole.refusal.empty()) demand(whole == cut, "the same however it is cut");
  demand(whole.targets == cut.targets && whole.refusal == cut.refusal && whole.ended == cut.ended,
         "the same requests however they are cut");
  check_texts(bytes);
  return 0;
}
