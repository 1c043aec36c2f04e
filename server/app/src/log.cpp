#include "conclave/app/log.hpp"

#include <array>
#include <chrono>
#include <ctime>

namespace conclave::app {
namespace {

std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t whole = std::chrono::system_clock::to_time_t(now);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 12> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(micros));
  return std::string(text.data(), length) + fraction.data();
}

bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

/// Quoted so that a line stays one line and stays valid JSON whatever bytes came from outside.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(byte)) {
      out += c;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
      out += escaped.data();
    }
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (!is_plain(static_cast<unsigned char>(c)) || c == ' ' || c == '=') return true;
  }
  return false;
}

void append_value(std::string& out, const LogField& field, bool always_quote) {
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    if (always_quote || needs_quotes(*text)) {
      append_quoted(out, *text);
    } else {
      out += *text;
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else {
    out += std::to_string(std::get<std::uint64_t>(field.value));
  }
}

}  // namespace

StreamLog::StreamLog(std::FILE* stream, LogLevel lowest, LogFormat format, std::string member)
    : stream_(stream), lowest_(lowest), format_(format), member_(std::move(member)) {}

void StreamLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!enabled(level)) return;
  const std::string time = now_text();
  const std::string line =
      format_ == LogFormat::json ? json_line(time, level, member_, event, fields) : text_line(time, level, member_, event, fields);
  const std::scoped_lock lock(mutex_);
  std::fwrite(line.data(), 1, line.size(), stream_);
  std::fflush(stream_);
}

std::string text_line(std::string_view time, LogLevel level, std::string_view member, std::string_view event,
                      std::initializer_list<LogField> fields) {
  std::string line(time);
  line += ' ';
  line += name_of(level);
  line += ' ';
  line += member;
  line += ": ";
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field, false);
  }
  line += '\n';
  return line;
}

std::string json_line(std::string_view time, LogLevel level, std::string_view member, std::string_view event,
                      std::initializer_list<LogField> fields) {
  std::string line = "{\"time\":\"";
  line += time;
  line += "\",\"level\":\"";
  line += name_of(level);
  line += "\",\"member\":";
  append_quoted(line, member);
  line += ",\"event\":";
  append_quoted(line, event);
  for (const LogField& field : fields) {
    line += ',';
    append_quoted(line, field.key);
    line += ':';
    append_value(line, field, true);
  }
  line += "}\n";
  return line;
}

}  // namespace conclave::app
