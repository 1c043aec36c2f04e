#pragma once

#include <cstdio>
#include <mutex>
#include <string>

#include "conclave/app/options.hpp"
#include "conclave/base/log_sink.hpp"

namespace conclave::app {

/// One line for each event, written whole: as text for people or as JSON for machines. Thread-safe.
class StreamLog final : public LogSink {
 public:
  /// `stream` outlives the log. `member` is in every line.
  StreamLog(std::FILE* stream, LogLevel lowest, LogFormat format, std::string member);

  [[nodiscard]] bool enabled(LogLevel level) const override { return level >= lowest_; }
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;

 private:
  std::FILE* stream_;
  LogLevel lowest_;
  LogFormat format_;
  std::string member_;
  std::mutex mutex_;  // keeps lines whole
};

/// The lines themselves; `time` is RFC 3339.
[[nodiscard]] std::string text_line(std::string_view time, LogLevel level, std::string_view member, std::string_view event,
                                    std::initializer_list<LogField> fields);
[[nodiscard]] std::string json_line(std::string_view time, LogLevel level, std::string_view member, std::string_view event,
                                    std::initializer_list<LogField> fields);

}  // namespace conclave::app
