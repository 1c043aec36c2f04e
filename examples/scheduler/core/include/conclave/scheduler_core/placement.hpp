#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conclave/scheduler_core/picture.hpp"

namespace conclave::scheduler {

/// Where jobs fit, given what agents have and what already runs there. What is placed takes its room at once, so that a series of
/// placements never overfills an agent.
///
/// A job goes to an agent that is not draining or leaving, has all labels asked for, room in every resource, and no job of the same
/// anti-affinity group. Among those: first the value of the spread label with the fewest jobs of the same spec, then the agent that
/// is least full afterwards, then the first by name.
class Placement {
 public:
  explicit Placement(const Picture& picture);

  /// Nothing if it fits nowhere.
  [[nodiscard]] std::optional<std::string> place(const Spec& spec);
  /// An agent where it would fit if some jobs of lower priority were not there, and the fewest and lowest of those.
  struct Eviction {
    std::string agent;
    std::vector<std::string> jobs;
  };
  [[nodiscard]] std::optional<Eviction> make_room(const Spec& spec) const;

 private:
  struct Seat {
    std::string job;
    const Spec* spec;
  };
  struct Host {
    const AgentRecord* record = nullptr;
    Resources free;
    std::multiset<std::string> groups;
    std::vector<Seat> seats;
  };
  [[nodiscard]] static bool admits(const Host& host, const Spec& spec);
  [[nodiscard]] static bool fits(const Resources& free, const Resources& wanted);
  [[nodiscard]] std::size_t neighbours(const Host& host, const Spec& spec) const;
  void seat(Host& host, std::string job, const Spec& spec);

  ByName<Host> hosts_;
  /// spec -> label value -> jobs
  std::map<std::string, std::map<std::string, std::size_t>> spread_;
};

}  // namespace conclave::scheduler
