#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/http_core/message.hpp"
#include "conclave/http_core/request_parser.hpp"

namespace conclave::http {

/// Gathers the lines of a request's head and refuses, line by line, what two readers could understand differently or what no client
/// that speaks HTTP/1.1 sends. What it lets pass is then taken apart by the library.
class HeadGuard {
 public:
  explicit HeadGuard(const ParseLimits& limits) : limits_(limits) {}

  /// Takes bytes up to the end of the head; returns how many. Stops at a refusal.
  [[nodiscard]] std::size_t take(std::string_view input);
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  /// The head as it came, with the empty line at its end.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool started() const { return !text_.empty(); }
  void clear();

 private:
  void check_start();
  void check_size();
  void end_of_line();
  void check_request_line(std::string_view line);
  void check_version(std::string_view method, std::string_view version);
  void check_field_line(std::string_view line);
  void refuse(int status, std::string kind, std::string text);

  ParseLimits limits_;
  std::string text_;
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;
  bool complete_ = false;
  std::optional<Refusal> refusal_;
};

/// True for a name of a method or header: letters, digits and some signs.
[[nodiscard]] bool is_token(std::string_view text);
/// Text of a client's in quotes, shortened and without control characters, for messages.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace conclave::http
