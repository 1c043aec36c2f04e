#pragma once

#include "result.hpp"

/// One function for each way of running; run() chooses. All block until the run is over.
namespace conclave::bench {

[[nodiscard]] Result<Outcome> run(const Options& options);

/// Independent requests of many callers, closed or open loop.
[[nodiscard]] Result<Outcome> run_requests(const Options& options);
[[nodiscard]] Result<Outcome> run_fill(const Options& options);
[[nodiscard]] Result<Outcome> run_lock(const Options& options);
[[nodiscard]] Result<Outcome> run_watch(const Options& options);
[[nodiscard]] Result<Outcome> run_recover(const Options& options);
[[nodiscard]] Result<Outcome> run_start(const Options& options);

/// Seconds of processor time that this process has used.
[[nodiscard]] double cpu_seconds();

}  // namespace conclave::bench
