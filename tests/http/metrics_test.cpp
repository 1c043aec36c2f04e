#include "conclave/http/metrics.hpp"

#include "conclave/test/catch.hpp"

namespace conclave::http {

TEST_CASE("a page has one head for each name and a line for each sample") {
  MetricsPage page;
  page.counter("a_total", "Things", 3, {{"kind", "x\"y\n"}});
  page.counter("a_total", "", 4, {{"kind", "z"}});
  page.gauge("b", "More", 1.5);
  CHECK(page.render() ==
        "# HELP a_total Things\n# TYPE a_total counter\na_total{kind=\"x\\\"y\\n\"} 3\na_total{kind=\"z\"} 4\n"
        "# HELP b More\n# TYPE b gauge\nb 1.5\n");
}

TEST_CASE("a histogram counts what is at a bound below it, and everything in the last bucket") {
  LatencyHistogram histogram;
  histogram.observe(microseconds(100));
  histogram.observe(microseconds(101));
  histogram.observe(std::chrono::minutes(5));
  MetricsPage page;
  page.histogram("t_seconds", "Time", histogram);
  const std::string text = page.render();
  CHECK(text.find("t_seconds_count 3\n") != std::string::npos);
  CHECK(text.find("t_seconds_bucket{le=\"0.0001\"} 1\n") != std::string::npos);
  CHECK(text.find("t_seconds_bucket{le=\"0.00025\"} 2\n") != std::string::npos);
  CHECK(text.find("t_seconds_bucket{le=\"30\"} 2\n") != std::string::npos);
  CHECK(text.find("t_seconds_bucket{le=\"+Inf\"} 3\n") != std::string::npos);
}

TEST_CASE("the process knows its memory, descriptors and start") {
  MetricsPage page;
  page.process();
  const std::string text = page.render();
  const auto value = [&text](const std::string& name) {
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size() + 2));
  };
  CHECK(value("process_resident_memory_bytes") > 1e6);
  CHECK(value("process_open_fds") > 2);
  CHECK(value("process_start_time_seconds") > 1.6e9);
}

}  // namespace conclave::http
