#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace conclave {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

[[nodiscard]] std::string_view name_of(LogLevel level);

/// One named value of a log event.
struct LogField {
  std::string_view key;
  std::variant<std::string, std::int64_t, std::uint64_t> value;

  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, std::int64_t v) : key(k), value(v) {}
  LogField(std::string_view k, std::uint64_t v) : key(k), value(v) {}
  LogField(std::string_view k, int v) : key(k), value(static_cast<std::int64_t>(v)) {}
};

/// Where structured events go; handed in, never global. The event name is a short constant sentence ("became leader"), the rest is
/// in fields. Implementations used from several threads must be thread-safe and say so.
class LogSink {
 public:
  virtual ~LogSink() = default;
  [[nodiscard]] virtual bool enabled(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) = 0;

  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::debug)) write(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::info)) write(LogLevel::info, event, fields);
  }
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::warning)) write(LogLevel::warning, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::error)) write(LogLevel::error, event, fields);
  }
};

/// Drops everything.
class NullLogSink final : public LogSink {
 public:
  [[nodiscard]] bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace conclave
