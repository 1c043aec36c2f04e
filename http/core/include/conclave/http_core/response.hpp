#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/http_core/message.hpp"

namespace conclave::http {

/// "Not Found" for 404; "Unknown" for a number that nobody registered.
[[nodiscard]] std::string_view reason_of(int status);

/// How the end of a reply's body is told.
enum class Framing {
  length,   ///< Content-Length
  chunked,  ///< chunks; HTTP/1.1 only
  close,    ///< the end of the connection; for HTTP/1.0
  none,     ///< there is no body: 204, 304
};

struct ResponseHead {
  int status = 200;
  Fields fields{};
  Framing framing = Framing::length;
  std::uint64_t content_length = 0;  ///< for Framing::length
  bool keep_alive = true;
  std::string date{};  ///< of the Date header; empty: without
  std::string server{};
};

/// Status line and headers, up to and with the empty line. Control characters in names and values become spaces, so that no text of
/// a program's makes a header of its own. Content-Length, Transfer-Encoding and Connection follow from the head, not from the
/// fields.
[[nodiscard]] std::string render_head(const ResponseHead& head);

/// One chunk; an empty text gives nothing, because an empty chunk would end the body.
void append_chunk(std::string& to, std::string_view text);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// "Sun, 06 Nov 1994 08:49:37 GMT" for seconds since 1970.
[[nodiscard]] std::string http_date(std::int64_t seconds_since_1970);

/// A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_quote(std::string_view text);
/// {"error":TEXT,"kind":KIND}
[[nodiscard]] std::string json_error(const Refusal& refusal);

/// An event of a text/event-stream.
struct ServerEvent {
  std::string id;    ///< what a browser that connects again sends as Last-Event-ID; empty: without
  std::string name;  ///< empty: "message"
  std::string data;  ///< may have several lines
};
[[nodiscard]] std::string render_event(const ServerEvent& event);

}  // namespace conclave::http
