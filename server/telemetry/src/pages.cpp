#include "conclave/telemetry/pages.hpp"

#include <chrono>
#include <memory>

#include "health.hpp"
#include "metrics.hpp"

namespace conclave::telemetry {
namespace {

/// The numbers are copied here; the text is made, and the process looked at, where nobody waits.
void give_metrics(const Sources& sources, http::LatencyHistogram& held_up, const http::ExchangePtr& exchange) {
  const auto began = std::chrono::steady_clock::now();
  auto page = std::make_shared<http::MetricsPage>(metrics_page(sources));
  page->histogram("conclave_scrape_seconds", "What making this page held up the loop for, the scrapes before this one", held_up);
  sources.aside([page, exchange] {
    page->process();
    exchange->reply(page->reply());
  });
  held_up.observe(std::chrono::steady_clock::now() - began);
}

}  // namespace

void add_pages(http::Router& router, Sources sources) {
  add_health(router, sources);
  router.add("GET", "/metrics",
             [sources = std::move(sources), held_up = std::make_shared<http::LatencyHistogram>()](
                 const http::ExchangePtr& exchange) { give_metrics(sources, *held_up, exchange); });
}

}  // namespace conclave::telemetry
