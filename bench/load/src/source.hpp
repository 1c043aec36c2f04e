#pragma once

#include <memory>
#include <vector>

#include "conclave/client.hpp"
#include "options.hpp"

namespace conclave::bench {

/// What one caller asks, one request after the other. Not thread-safe; one for each caller.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual Request next() = 0;
  /// The answer to the last request.
  virtual void take(const Reply& reply) { (void)reply; }
  /// What this source counted beside operations, under this name; empty: nothing.
  [[nodiscard]] virtual std::string counter_name() const { return {}; }
  [[nodiscard]] virtual std::uint64_t counter() const { return 0; }
};

/// What the sources of one run share; outlives them.
struct SourceSetup {
  const Options& options;
  std::vector<LeaseId> leases;  ///< lease-renew
};

/// The source of caller number `caller`; nothing for workloads that are not made of independent requests.
[[nodiscard]] std::unique_ptr<Source> make_source(const SourceSetup& setup, std::uint32_t caller);
/// The workload reads keys that must be there.
[[nodiscard]] bool reads_keys(Workload workload);

}  // namespace conclave::bench
