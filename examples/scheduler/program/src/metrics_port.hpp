#pragma once

#include <functional>
#include <memory>
#include <string>

#include "conclave/base/result.hpp"
#include "conclave/http/metrics.hpp"
#include "session.hpp"

namespace conclave::scheduler {

/// GET /metrics on a port of its own, in the text format of Prometheus, served by a thread of its own.
class MetricsPort {
 public:
  /// `address`: HOST:PORT; port 0: a free one, which a line on standard error names. `fill` adds to the page; it is called on the
  /// client's thread. Lives longer than the client.
  [[nodiscard]] static Result<std::unique_ptr<MetricsPort>> open(const std::string& address, const recipes::Base& base,
                                                                 std::function<void(http::MetricsPage&)> fill);
  ~MetricsPort();
  MetricsPort(const MetricsPort&) = delete;
  MetricsPort& operator=(const MetricsPort&) = delete;

 private:
  struct Parts;
  explicit MetricsPort(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::scheduler
