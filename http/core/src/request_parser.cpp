#include "conclave/http_core/request_parser.hpp"

#include <http_parser.h>

#include <vector>

#include "chunk_guard.hpp"
#include "conclave/base/assert.hpp"
#include "head_guard.hpp"
#include "head_rules.hpp"

namespace conclave::http {

struct RequestParser::Parts {
  explicit Parts(const ParseLimits& bounds) : limits(bounds), guard(bounds), chunks(bounds.chunk_overhead_bytes_max) { restart(); }

  enum class Phase { head, body, finished, broken };

  void restart();
  [[nodiscard]] Step head_step(std::string_view input);
  [[nodiscard]] Step parse_head(std::size_t consumed);
  [[nodiscard]] Step body_step(std::string_view input);
  [[nodiscard]] Step fail(Refusal why, std::size_t consumed);
  [[nodiscard]] Refusal library_refusal() const;
  [[nodiscard]] bool framing_before(const char* at);

  static Parts& of(http_parser* parser) { return *static_cast<Parts*>(parser->data); }
  static int on_field(http_parser* parser, const char* at, std::size_t size);
  static int on_value(http_parser* parser, const char* at, std::size_t size);
  static int on_target(http_parser* parser, const char* at, std::size_t size);
  static int on_head(http_parser* parser);
  static int on_body(http_parser* parser, const char* at, std::size_t size);
  static int on_chunk(http_parser* parser);
  static int on_end(http_parser* parser);
  static const http_parser_settings& callbacks();

  ParseLimits limits;
  http_parser parser{};
  HeadGuard guard;
  ChunkGuard chunks;
  Phase phase = Phase::head;
  RequestHead head;
  bool trailers = false;  // what comes as fields now is not the head's
  std::string body;
  const char* seen = nullptr;  // in the input of a body step: up to here its framing was looked at
  bool complete = false;
  Refusal refusal;
};

void RequestParser::Parts::restart() {
  http_parser_init(&parser, HTTP_REQUEST);
  parser.data = this;
  guard.clear();
  chunks.clear();
  head = {};
  trailers = false;
  complete = false;
  phase = Phase::head;
}

const http_parser_settings& RequestParser::Parts::callbacks() {
  static const http_parser_settings settings = [] {
    http_parser_settings made;
    http_parser_settings_init(&made);
    made.on_url = on_target;
    made.on_header_field = on_field;
    made.on_header_value = on_value;
    made.on_headers_complete = on_head;
    made.on_body = on_body;
    made.on_chunk_header = on_chunk;
    made.on_message_complete = on_end;
    return made;
  }();
  return settings;
}

int RequestParser::Parts::on_target(http_parser* parser, const char* at, std::size_t size) {
  of(parser).head.target.append(at, size);
  return 0;
}

int RequestParser::Parts::on_field(http_parser* parser, const char* at, std::size_t size) {
  Parts& self = of(parser);
  if (self.trailers) return 0;
  self.head.fields.add(std::string(at, size), {});
  return 0;
}

int RequestParser::Parts::on_value(http_parser* parser, const char* at, std::size_t size) {
  Parts& self = of(parser);
  if (self.trailers) return 0;
  std::string_view value(at, size);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  self.head.fields.set_last(value);
  return 0;
}

int RequestParser::Parts::on_head(http_parser* parser) {
  Parts& self = of(parser);
  self.trailers = true;
  // An upgrade is not offered here; the client goes on with HTTP (RFC 9110, section 7.8).
  parser->upgrade = 0;
  http_parser_pause(parser, 1);
  return 0;
}

bool RequestParser::Parts::framing_before(const char* at) {
  const char* from = seen;
  seen = at;
  return !head.chunked || chunks.framing(std::string_view(from, static_cast<std::size_t>(at - from)));
}

int RequestParser::Parts::on_body(http_parser* parser, const char* at, std::size_t size) {
  Parts& self = of(parser);
  if (!self.framing_before(at)) return 1;
  self.body.append(at, size);
  self.seen = at + size;
  if (self.head.chunked) self.chunks.data(size);
  return 0;
}

int RequestParser::Parts::on_chunk(http_parser* parser) {
  of(parser).chunks.chunk(parser->content_length);
  return 0;
}

int RequestParser::Parts::on_end(http_parser* parser) {
  of(parser).complete = true;
  http_parser_pause(parser, 1);
  return 0;
}

RequestParser::Step RequestParser::Parts::fail(Refusal why, std::size_t consumed) {
  refusal = std::move(why);
  phase = Phase::broken;
  return {Event::failed, consumed};
}

Refusal RequestParser::Parts::library_refusal() const {
  if (!chunks.wrong().empty()) return {400, "bad_chunk", chunks.wrong()};
  const http_errno code = HTTP_PARSER_ERRNO(&parser);
  const std::string text = http_errno_description(code);
  if (code == HPE_INVALID_METHOD) return {501, "unknown_method", "the method is not known"};
  if (code == HPE_INVALID_CHUNK_SIZE) return {400, "bad_chunk", "the size of a chunk is not a hexadecimal number"};
  if (code == HPE_INVALID_CONTENT_LENGTH && phase == Phase::body)
    return {400, "bad_chunk", "the size of a chunk is too large a number"};
  if (code == HPE_HEADER_OVERFLOW) return {431, "head_too_large", "the headers are too large"};
  return {400, "malformed", "the request cannot be parsed: " + text};
}

RequestParser::Step RequestParser::Parts::head_step(std::string_view input) {
  const std::size_t consumed = guard.take(input);
  if (guard.refusal()) return fail(*guard.refusal(), consumed);
  if (!guard.complete()) return {Event::more, consumed};
  return parse_head(consumed);
}

RequestParser::Step RequestParser::Parts::parse_head(std::size_t consumed) {
  const std::string& text = guard.text();
  head.method = text.substr(0, text.find(' '));
  std::size_t parsed = http_parser_execute(&parser, &callbacks(), text.data(), text.size());
  const http_errno code = HTTP_PARSER_ERRNO(&parser);
  if (code != HPE_PAUSED) {
    // The library looks at lengths before it hands the head over; our own words for them are better.
    head.minor_version = parser.http_minor;
    if (auto why = finish_head(head, limits); why && code != HPE_INVALID_METHOD) return fail(*why, consumed);
    return fail(library_refusal(), consumed);
  }
  head.minor_version = parser.http_minor;
  if (auto why = finish_head(head, limits)) return fail(*why, consumed);
  phase = Phase::body;
  // The library paused before the last byte of the head; it takes that as the beginning of the body.
  http_parser_pause(&parser, 0);
  seen = text.data() + text.size();
  while (parsed < text.size() && !complete) {
    const std::size_t more = http_parser_execute(&parser, &callbacks(), text.data() + parsed, text.size() - parsed);
    parsed += more;
    if (more == 0 && !complete) return fail(library_refusal(), consumed);
  }
  return {Event::head, consumed};
}

RequestParser::Step RequestParser::Parts::body_step(std::string_view input) {
  body.clear();
  std::size_t consumed = 0;
  if (!complete && !input.empty()) {
    seen = input.data();
    http_parser_pause(&parser, 0);
    consumed = http_parser_execute(&parser, &callbacks(), input.data(), input.size());
    const http_errno code = HTTP_PARSER_ERRNO(&parser);
    // The framing goes first: what is wrong with it is then the same however the bytes are cut.
    const bool framed = framing_before(input.data() + consumed);
    if (!framed || (code != HPE_OK && code != HPE_PAUSED)) return fail(library_refusal(), consumed);
  }
  if (!body.empty()) return {Event::body, consumed};
  if (!complete) return {Event::more, consumed};
  phase = Phase::finished;
  return {Event::end, consumed};
}

RequestParser::RequestParser(const ParseLimits& limits) : parts_(std::make_unique<Parts>(limits)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

RequestParser::Step RequestParser::step(std::string_view input) {
  switch (parts_->phase) {
    case Parts::Phase::finished: parts_->restart(); return parts_->head_step(input);
    case Parts::Phase::head: return parts_->head_step(input);
    case Parts::Phase::body: return parts_->body_step(input);
    case Parts::Phase::broken: return {Event::failed, 0};
  }
  return {Event::failed, 0};
}

const RequestHead& RequestParser::head() const { return parts_->head; }
RequestHead RequestParser::take_head() {
  RequestHead taken = std::move(parts_->head);
  parts_->head = {};
  parts_->head.chunked = taken.chunked;
  return taken;
}
std::string_view RequestParser::body() const { return parts_->body; }
const Refusal& RequestParser::refusal() const { return parts_->refusal; }
bool RequestParser::in_request() const {
  return parts_->phase == Parts::Phase::body || (parts_->phase == Parts::Phase::head && parts_->guard.started());
}

}  // namespace conclave::http
