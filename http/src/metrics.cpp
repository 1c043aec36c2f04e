#include "conclave/http/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <sstream>

namespace conclave::http {
namespace {

double in_seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

prometheus::ClientMetric::Histogram converted(const LatencyHistogram& from) {
  prometheus::ClientMetric::Histogram to;
  for (std::size_t i = 0; i < from.counts().size(); ++i) {
    to.sample_count += from.counts()[i];
    const bool last = i == LatencyHistogram::bounds.size();
    to.bucket.push_back(
        {to.sample_count, last ? std::numeric_limits<double>::infinity() : in_seconds(LatencyHistogram::bounds[i])});
  }
  to.sample_sum = in_seconds(from.sum());
  return to;
}

}  // namespace

void LatencyHistogram::observe(Duration took) {
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), took);
  ++counts_[static_cast<std::size_t>(bucket - bounds.begin())];
  sum_ += took;
}

void MetricsPage::add(std::string_view name, std::string_view help, Kind kind, Sample sample) {
  const auto [family, is_new] = families_.try_emplace(std::string(name));
  if (is_new) family->second = {std::string(help), kind, {}};
  family->second.samples.push_back(std::move(sample));
}

void MetricsPage::counter(std::string_view name, std::string_view help, double value, Labels labels) {
  add(name, help, Kind::counter, {std::move(labels), value, {}});
}

void MetricsPage::gauge(std::string_view name, std::string_view help, double value, Labels labels) {
  add(name, help, Kind::gauge, {std::move(labels), value, {}});
}

void MetricsPage::histogram(std::string_view name, std::string_view help, const LatencyHistogram& histogram, Labels labels) {
  add(name, help, Kind::histogram, {std::move(labels), 0, histogram});
}

void MetricsPage::server(std::string_view prefix, const Counters& counters) {
  const std::string http = std::string(prefix) + "_http_";
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  gauge(http + "connections", "HTTP connections that are open", number(counters.connections));
  gauge(http + "open_replies", "HTTP requests that are not answered to the end, streams among them", number(counters.open_replies));
  counter(http + "connections_total", "HTTP connections accepted", number(counters.accepted));
  counter(http + "requests_total", "HTTP requests whose headers were understood", number(counters.requests));
  counter(http + "received_bytes_total", "Bytes of HTTP received", number(counters.bytes_in));
  counter(http + "sent_bytes_total", "Bytes of HTTP sent", number(counters.bytes_out));
  counter(http + "certificate_failures_total", "Changed certificate files that could not be used",
          number(counters.certificates_failed));
  for (std::size_t family = 1; family < counters.replies.size(); ++family) {
    counter(http + "replies_total", "HTTP replies by the first digit of their status", number(counters.replies[family]),
            {{"status", std::to_string(family) + "xx"}});
  }
  for (const auto& [kind, count] : counters.refused) {
    counter(http + "refused_total", "HTTP requests and connections that the server refused itself", number(count),
            {{"kind", kind}});
  }
}

std::string MetricsPage::render() const {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& [name, family] : families_) {
    prometheus::MetricFamily out;
    out.name = name;
    out.help = family.help;
    out.type = family.kind == Kind::counter ? prometheus::MetricType::Counter
               : family.kind == Kind::gauge ? prometheus::MetricType::Gauge
                                            : prometheus::MetricType::Histogram;
    for (const Sample& sample : family.samples) {
      prometheus::ClientMetric metric;
      for (const auto& [label, value] : sample.labels) metric.label.push_back({label, value});
      metric.counter.value = sample.value;
      metric.gauge.value = sample.value;
      if (sample.histogram) metric.histogram = converted(*sample.histogram);
      out.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(out));
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

Reply MetricsPage::reply() const {
  return {.status = 200, .body = render(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
}

}  // namespace conclave::http
