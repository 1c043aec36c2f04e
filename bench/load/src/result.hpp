#pragma once

#include <map>
#include <string>

#include "histogram.hpp"
#include "options.hpp"

namespace conclave::bench {

/// What one run found out.
struct Outcome {
  Histogram latency;
  double seconds = 0;  ///< that were measured
  std::uint64_t operations = 0;
  std::uint64_t errors = 0;
  std::uint64_t events = 0;  ///< delivered to watchers
  std::map<std::string, double> extra{};
  std::string first_error{};
};

[[nodiscard]] std::string to_json(const Options& options, const Outcome& outcome);
[[nodiscard]] std::string to_text(const Options& options, const Outcome& outcome);

}  // namespace conclave::bench
