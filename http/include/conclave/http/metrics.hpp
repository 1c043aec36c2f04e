#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conclave/base/time.hpp"
#include "conclave/http/counters.hpp"
#include "conclave/http/exchange.hpp"

namespace conclave::http {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Counts how long something took, in buckets from 100 microseconds to 30 seconds. Plain integers: for one thread.
class LatencyHistogram {
 public:
  static constexpr std::array<Duration, 18> bounds = {
      microseconds(100), microseconds(250), microseconds(500), milliseconds(1),  milliseconds(2),   milliseconds(4),
      milliseconds(8),   milliseconds(16),  milliseconds(32),  milliseconds(64), milliseconds(128), milliseconds(256),
      milliseconds(512), seconds(1),        seconds(2),        seconds(5),       seconds(10),       seconds(30)};

  void observe(Duration took);
  /// Of each bucket alone; the last one has what took longer than every bound.
  [[nodiscard]] const std::array<std::uint64_t, bounds.size() + 1>& counts() const { return counts_; }
  [[nodiscard]] Duration sum() const { return sum_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  Duration sum_{};
};

/// A page in the text format of Prometheus, put together anew for each scrape, so that counting costs no more than an addition.
/// Samples of one name may come from several calls; help and kind are those of the first. A page holds copies of what it shows, so
/// it may be rendered on another thread than the one that counts.
class MetricsPage {
 public:
  void counter(std::string_view name, std::string_view help, double value, Labels labels = {});
  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {});
  /// In seconds.
  void histogram(std::string_view name, std::string_view help, const LatencyHistogram& histogram, Labels labels = {});
  /// The server that gives the page: NAME_http_... .
  void server(std::string_view prefix, const Counters& counters);
  /// This process: processor time, memory, descriptors, start; read from /proc.
  void process();

  [[nodiscard]] std::string render() const;
  [[nodiscard]] Reply reply() const;

 private:
  enum class Kind { counter, gauge, histogram };
  struct Sample {
    Labels labels;
    double value = 0;
    std::optional<LatencyHistogram> histogram{};
  };
  struct Family {
    std::string help;
    Kind kind = Kind::gauge;
    std::vector<Sample> samples;
  };
  void add(std::string_view name, std::string_view help, Kind kind, Sample sample);

  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace conclave::http
