#pragma once

#include <memory>
#include <string>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"
#include "conclave/http/counters.hpp"
#include "conclave/http/options.hpp"

namespace asio::ssl {
class context;
}

namespace conclave::http {

/// TLS of the port: TLS 1.2 or later, HTTP/1.1. Files are looked at when somebody connects, at most once a second, and read again
/// when they changed; files that cannot be used leave the old ones in force. A connection keeps what it was opened with.
class Certificates {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Certificates>> open(const TlsFiles& files, LogSink& log, Counters& counters);
  [[nodiscard]] std::shared_ptr<asio::ssl::context> context(Instant now);

 private:
  Certificates(const TlsFiles& files, LogSink& log, Counters& counters) : files_(files), log_(log), counters_(counters) {}
  [[nodiscard]] std::string stamp() const;
  [[nodiscard]] Result<std::shared_ptr<asio::ssl::context>> load() const;

  TlsFiles files_;
  LogSink& log_;
  Counters& counters_;
  std::shared_ptr<asio::ssl::context> context_;
  std::string stamp_;  // of the files as loaded, or as last failed
  Instant looked_{};
};

}  // namespace conclave::http
