#include "conclave/http_core/response.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace conclave::http {
namespace {

struct Reason {
  int status;
  std::string_view text;
};
constexpr std::array reasons = {
    Reason{100, "Continue"},
    Reason{101, "Switching Protocols"},
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{308, "Permanent Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{411, "Length Required"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{417, "Expectation Failed"},
    Reason{421, "Misdirected Request"},
    Reason{422, "Unprocessable Content"},
    Reason{423, "Locked"},
    Reason{426, "Upgrade Required"},
    Reason{428, "Precondition Required"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{499, "Client Closed Request"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
    Reason{505, "HTTP Version Not Supported"},
    Reason{507, "Insufficient Storage"},
};

void append_line(std::string& to, std::string_view name, std::string_view value) {
  const auto append_clean = [&to](std::string_view text) {
    for (const char c : text) to += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  };
  append_clean(name);
  to += ": ";
  append_clean(value);
  to += "\r\n";
}

bool follows_from_the_head(std::string_view name) {
  return same_text(name, "content-length") || same_text(name, "transfer-encoding") || same_text(name, "connection");
}

void append_padded(std::string& to, std::int64_t number) {
  if (number < 10) to += '0';
  to += std::to_string(number);
}

void append_lines(std::string& to, std::string_view prefix, std::string_view text) {
  while (true) {
    const auto end = text.find_first_of("\r\n");
    to.append(prefix).append(text.substr(0, end)) += '\n';
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  }
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return text;
}

}  // namespace

std::string_view reason_of(int status) {
  const auto found =
      std::find_if(reasons.begin(), reasons.end(), [status](const Reason& reason) { return reason.status == status; });
  return found == reasons.end() ? std::string_view("Unknown") : found->text;
}

std::string render_head(const ResponseHead& head) {
  std::string text = "HTTP/1.1 " + std::to_string(head.status) + ' ';
  text.append(reason_of(head.status)).append("\r\n");
  for (const Field& field : head.fields.all()) {
    if (!follows_from_the_head(field.name)) append_line(text, field.name, field.value);
  }
  if (!head.date.empty() && head.fields.find("date") == nullptr) append_line(text, "Date", head.date);
  if (!head.server.empty()) append_line(text, "Server", head.server);
  if (head.framing == Framing::length) append_line(text, "Content-Length", std::to_string(head.content_length));
  if (head.framing == Framing::chunked) append_line(text, "Transfer-Encoding", "chunked");
  append_line(text, "Connection", head.keep_alive && head.framing != Framing::close ? "keep-alive" : "close");
  text += "\r\n";
  return text;
}

void append_chunk(std::string& to, std::string_view text) {
  if (text.empty()) return;
  std::array<char, 16> size{};
  const auto [end, error] = std::to_chars(size.data(), size.data() + size.size(), text.size(), 16);
  static_cast<void>(error);  // sixteen digits are enough for every size
  to.append(size.data(), end).append("\r\n").append(text).append("\r\n");
}

std::string http_date(std::int64_t seconds_since_1970) {
  constexpr std::array<std::string_view, 7> days = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::int64_t seconds = std::max<std::int64_t>(seconds_since_1970, 0);
  const std::int64_t day = seconds / 86400;
  // The civil date of a count of days; years that begin in March put the leap day at the end.
  const std::int64_t z = day + 719468;
  const std::int64_t era = z / 146097;
  const std::int64_t day_of_era = z - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

  std::string text(days[static_cast<std::size_t>(day % 7)]);
  text += ", ";
  append_padded(text, day_of_year - (153 * shifted_month + 2) / 5 + 1);
  text.append(" ").append(months[static_cast<std::size_t>(month - 1)]).append(" ").append(std::to_string(year)).append(" ");
  append_padded(text, seconds % 86400 / 3600);
  text += ':';
  append_padded(text, seconds % 3600 / 60);
  text += ':';
  append_padded(text, seconds % 60);
  return text + " GMT";
}

std::string render_event(const ServerEvent& event) {
  std::string text;
  if (!event.id.empty()) text += "id: " + one_line(event.id) + '\n';
  if (!event.name.empty()) text += "event: " + one_line(event.name) + '\n';
  append_lines(text, "data: ", event.data);
  return text + '\n';
}

}  // namespace conclave::http
