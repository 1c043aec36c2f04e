#pragma once

#include <string>
#include <vector>

#include "conclave/engine/engine.hpp"
#include "conclave/http/router.hpp"
#include "conclave/telemetry/meter.hpp"

namespace conclave::dashboard {

/// Where the page's numbers come from. What is referred to outlives the router and is looked at on the loop thread.
struct Sources {
  const engine::Engine& engine;
  const telemetry::Meter& meter;
  bool tls = false;                 ///< members serve HTTP with TLS: how their addresses begin
  std::vector<std::string> cors{};  ///< further origins whose pages may read the state; "*": all
};

/// GET /ui, the page with its files, and GET /ui/state: what this member knows of itself and the others, as JSON. The state may
/// also be read by pages that another member of the cluster serves, so that a page shows all of them and outlives the member it
/// came from. Keys, leases and watches the page asks from the v3 interface.
void add_dashboard(http::Router& router, Sources sources);

}  // namespace conclave::dashboard
