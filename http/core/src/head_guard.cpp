#include "head_guard.hpp"

#include <algorithm>

namespace conclave::http {
namespace {

constexpr std::size_t shown_bytes_max = 40;
constexpr unsigned char tls_handshake_record = 0x16;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_token_char(char c) {
  constexpr std::string_view signs = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || signs.find(c) != std::string_view::npos;
}

bool is_version(std::string_view text) { return text.starts_with("HTTP/"); }

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

std::string shown(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text.substr(0, shown_bytes_max)) quoted += is_control(c) ? '?' : c;
  return quoted + (text.size() > shown_bytes_max ? "...'" : "'");
}

void HeadGuard::clear() { *this = HeadGuard(limits_); }

void HeadGuard::refuse(int status, std::string kind, std::string text) {
  if (!refusal_) refusal_ = Refusal{status, std::move(kind), std::move(text)};
}

std::size_t HeadGuard::take(std::string_view input) {
  std::size_t taken = 0;
  while (taken < input.size() && !complete_ && !refusal_) {
    const char c = input[taken++];
    // Empty lines before a request are left over from clients that send one too many after a body.
    if (text_.empty() && (c == '\r' || c == '\n') && lines_ == 0) continue;
    text_ += c;
    if (text_.size() == 1) check_start();
    if (c == '\n') end_of_line();
    check_size();
  }
  return taken;
}

void HeadGuard::check_start() {
  if (static_cast<unsigned char>(text_.front()) == tls_handshake_record) {
    return refuse(400, "tls_on_plain_port", "this port speaks HTTP without TLS");
  }
  if (!is_token_char(text_.front())) refuse(400, "bad_request_line", "a request begins with a method");
}

void HeadGuard::check_size() {
  if (complete_ || refusal_) return;
  if (lines_ == 0 && text_.size() > limits_.target_bytes_max + shown_bytes_max) {
    return refuse(414, "target_too_long", "the request line is longer than " + std::to_string(limits_.target_bytes_max) + " bytes");
  }
  if (text_.size() > limits_.head_bytes_max) {
    refuse(431, "head_too_large", "the headers are larger than " + std::to_string(limits_.head_bytes_max) + " bytes");
  }
}

void HeadGuard::end_of_line() {
  std::string_view line = std::string_view(text_).substr(line_start_);
  line.remove_suffix(1);
  line_start_ = text_.size();
  if (!line.ends_with('\r')) return refuse(400, "bare_line_feed", "a line ends with LF alone; lines end with CR LF");
  line.remove_suffix(1);
  if (line.empty()) {
    complete_ = true;
    return;
  }
  if (lines_++ == 0) return check_request_line(line);
  check_field_line(line);
}

void HeadGuard::check_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const std::string_view method = line.substr(0, first);
  if (!is_token(method)) return refuse(400, "bad_method", "the method " + shown(method) + " is not a token");
  if (first == std::string_view::npos) return refuse(400, "bad_request_line", "the request line has a method and nothing else");
  const std::string_view rest = line.substr(first + 1);
  const auto second = rest.find(' ');
  const std::string_view target = rest.substr(0, second);
  if (second == std::string_view::npos) {
    return refuse(400, "http_0_9", "the request line has no version; HTTP/0.9 is not spoken here");
  }
  if (target.empty()) return refuse(400, "bad_request_line", "the request line has two spaces where one belongs");
  if (std::any_of(target.begin(), target.end(), is_control)) return refuse(400, "bad_target", "the target has control characters");
  if (target.size() > limits_.target_bytes_max) {
    return refuse(
        414, "target_too_long",
        "the target has " + std::to_string(target.size()) + " bytes; the limit is " + std::to_string(limits_.target_bytes_max));
  }
  check_version(method, rest.substr(second + 1));
}

void HeadGuard::check_version(std::string_view method, std::string_view version) {
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return;
  if (method == "PRI") return refuse(400, "http_2_preface", "this port speaks HTTP/1.1, not HTTP/2 without an upgrade");
  if (!is_version(version)) {
    return refuse(400, "bad_request_line", "the request line has " + shown(version) + " where the version belongs");
  }
  const bool well_formed =
      version.size() == 8 && version[5] >= '0' && version[5] <= '9' && version[6] == '.' && version[7] >= '0' && version[7] <= '9';
  refuse(well_formed ? 505 : 400, "bad_version", shown(version) + " is not spoken here; HTTP/1.1 is");
}

void HeadGuard::check_field_line(std::string_view line) {
  if (lines_ > limits_.fields_max + 1) {
    return refuse(431, "too_many_headers", "more than " + std::to_string(limits_.fields_max) + " headers");
  }
  if (line.front() == ' ' || line.front() == '\t') {
    return refuse(400, "folded_header", "a header goes on in the next line; that has been obsolete since RFC 7230");
  }
  const auto colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos) return refuse(400, "bad_header", "the header line " + shown(line) + " has no colon");
  if (!is_token(name)) return refuse(400, "bad_header_name", "the header name " + shown(name) + " is not a token");
  const std::string_view value = line.substr(colon + 1);
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; })) {
    refuse(400, "bad_header_value", "the value of the header " + shown(name) + " has control characters");
  }
}

}  // namespace conclave::http
