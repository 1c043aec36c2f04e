#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/ids.hpp"
#include "conclave/base/time.hpp"
#include "conclave/scheduler_core/records.hpp"

namespace conclave::scheduler {

/// One epoch of a job.
struct RunId {
  std::string job;
  std::uint64_t epoch = 0;
  auto operator<=>(const RunId&) const = default;
};

struct RunOrder {
  RunId id;
  Spec spec;
  std::map<std::string, std::string> env;  ///< beside the spec's: what the run may want to know of itself
};

/// How a run stands. `phase` running while it goes on; succeeded, failed or lost at its end.
using RunState = RunRecord;

/// What carries out runs on this machine: processes, or the simulation's. On the agent's thread; callbacks come from no call.
class Executor {
 public:
  using OnEnd = std::function<void(const RunId&, const RunState&)>;

  virtual ~Executor() = default;
  /// Who is told of ends, once each; also of those that came while nobody listened.
  virtual void listen(OnEnd on_end) = 0;
  /// What goes on or has ended and was not forgotten, also from before this process.
  [[nodiscard]] virtual std::vector<RunId> runs() const = 0;
  /// Its end is told, also if it could not be started.
  virtual void start(const RunOrder& order) = 0;
  /// Asks it to end, and forces it soon after; its end is told as usual, as lost if it came from this.
  virtual void stop(const RunId& run) = 0;
  [[nodiscard]] virtual std::optional<RunState> state(const RunId& run) const = 0;
  /// It was reported, or nobody wants to know. What still goes on is ended.
  virtual void forget(const RunId& run) = 0;
  /// Whatever happens to this process, nothing runs on this machine after `until` of Store::now() unless this is called again.
  virtual void live_until(Instant until) = 0;
};

}  // namespace conclave::scheduler
