#pragma once

#include "conclave/http/metrics.hpp"
#include "conclave/telemetry/pages.hpp"

namespace conclave::telemetry {

[[nodiscard]] http::MetricsPage metrics_page(const Sources& sources);

}  // namespace conclave::telemetry
