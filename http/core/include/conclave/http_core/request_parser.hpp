#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "conclave/http_core/message.hpp"

namespace conclave::http {

/// Bounds of what a parser takes from one request.
struct ParseLimits {
  std::size_t head_bytes_max = 16 * 1024;   ///< request line and header lines
  std::size_t target_bytes_max = 8 * 1024;  ///< path and query
  std::size_t fields_max = 100;
  std::size_t parameters_max = 256;             ///< of the query
  std::size_t chunk_overhead_bytes_max = 4096;  ///< of chunk extensions or trailers between two pieces of data
};

/// Takes one request after the other from a stream of bytes. Pure; it never reads past the end of a request, so that what follows
/// (pipelined requests) stays with the caller. HTTP is taken apart by the http-parser library; what that library lets pass although
/// two parties could understand it differently is refused here before (docs/decisions/0030).
class RequestParser {
 public:
  enum class Event {
    more,    ///< everything was consumed, nothing is complete
    head,    ///< head() is there; a body may follow
    body,    ///< body() has a piece
    end,     ///< the request is complete; the next step starts another
    failed,  ///< refusal() tells why; the parser is of no more use
  };
  struct Step {
    Event event = Event::more;
    std::size_t consumed = 0;  ///< of the input; the rest is to be given again
  };

  explicit RequestParser(const ParseLimits& limits);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  /// Goes on until something happens. A step may consume nothing and still make an event (`end` after a head without a body).
  [[nodiscard]] Step step(std::string_view input);

  [[nodiscard]] const RequestHead& head() const;
  [[nodiscard]] RequestHead take_head();
  /// The piece of the last `body` event; valid until the next step.
  [[nodiscard]] std::string_view body() const;
  [[nodiscard]] const Refusal& refusal() const;
  /// True if bytes of a request came that is not complete.
  [[nodiscard]] bool in_request() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::http
