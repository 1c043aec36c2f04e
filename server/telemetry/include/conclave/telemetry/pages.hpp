#pragma once

#include <functional>
#include <memory>

#include "conclave/base/result.hpp"
#include "conclave/engine/engine.hpp"
#include "conclave/http/counters.hpp"
#include "conclave/http/router.hpp"
#include "conclave/telemetry/meter.hpp"
#include "conclave/transport/counters.hpp"

namespace conclave::telemetry {

/// Where the pages come from. All of it outlives them and is looked at on the loop thread, which they keep waiting as briefly
/// as they can.
struct Sources {
  const engine::Engine& engine;
  const transport::Counters& transport;
  const Meter& meter;
  /// Makes one linearizable read and calls back once, later.
  std::function<void(std::function<void(Result<void>)>)> read;
  /// Of the server that gives the pages; null before it is there.
  std::function<const http::Counters*()> http;
  /// Runs what needs none of this, on another thread if there is one for it.
  std::function<void(std::function<void()>)> aside = [](const std::function<void()>& work) { work(); };
};

/// GET /livez, /readyz (each check alone at /readyz/NAME; ?verbose, ?exclude=NAME), /health as etcd has it, /metrics.
void add_pages(http::Router& router, Sources sources);

}  // namespace conclave::telemetry
