#pragma once

#include <functional>
#include <memory>

#include "conclave/base/ids.hpp"

namespace conclave::test {
class History;
}

namespace conclave::sim {

struct EngineWorld;
class SimClient;

/// What one client of a cluster does, and what it checks while it does it. Lives as long as its world, through crashes of its
/// client.
class Program {
 public:
  virtual ~Program() = default;
  virtual void start() = 0;
  /// No new work; what is under way ends.
  virtual void stop() = 0;
  /// Once more something that must succeed; alive() when it did.
  virtual void prove_life() = 0;
  [[nodiscard]] virtual bool alive() const = 0;
  /// Everything up to `revision` must have been delivered to the watches that live.
  virtual void judge(Revision revision) const = 0;
  [[nodiscard]] virtual bool watched_up_to(Revision revision) const = 0;
  /// The lease ended at the servers: was it kept alive here, and did this client still trust it?
  virtual void lease_ended(LeaseId lease) const = 0;
};
using MakeProgram = std::function<std::unique_ptr<Program>(EngineWorld&, SimClient&, test::History&)>;

}  // namespace conclave::sim
