#include "conclave/telemetry/pages.hpp"

#include "health.hpp"
#include "metrics.hpp"

namespace conclave::telemetry {

void add_pages(http::Router& router, Sources sources) {
  add_health(router, sources);
  router.add("GET", "/metrics",
             [sources = std::move(sources)](const http::ExchangePtr& exchange) { exchange->reply(metrics_page(sources).reply()); });
}

}  // namespace conclave::telemetry
