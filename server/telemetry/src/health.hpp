#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/http/exchange.hpp"
#include "conclave/telemetry/pages.hpp"

namespace conclave::telemetry {

/// One thing that must hold; why it does not, or nothing.
struct Check {
  std::string name;
  std::optional<std::string> trouble;
};

/// The page of a list of checks: 200 and "ok", or 503 and what failed; with `verbose` every check.
[[nodiscard]] http::Reply health_reply(const std::vector<Check>& checks, std::string_view page, bool verbose);
/// {"health":"true","reason":""}, as etcd has it.
[[nodiscard]] http::Reply etcd_health_reply(const std::optional<std::string>& trouble);

void add_health(http::Router& router, const Sources& sources);

}  // namespace conclave::telemetry
