#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/prng.hpp"
#include "conclave/base/time.hpp"
#include "conclave/scheduler_core/picture.hpp"

namespace conclave::scheduler {

struct Settings {
  milliseconds agent_ttl{10'000};       ///< of the agents' leases: a leader takes nothing away before it has led for so long
  milliseconds grace{20'000};           ///< how long an agent that vanished is waited for
  milliseconds freeze_window{60'000};   ///< agents that vanish within it count together
  std::uint64_t freeze_percent = 25;    ///< more of all agents than that: freeze
  std::uint64_t freeze_agents_min = 2;  ///< fewer never freeze
  milliseconds forget_gone_after{600'000};
  std::uint64_t losses_max = 16;     ///< a job that was lost more often is dead
  std::uint64_t history_max = 1000;  ///< final jobs that are kept
  std::uint64_t round_max = 256;     ///< decisions of one round
  bool preempt = false;              ///< more urgent work takes the place of less urgent
};

/// pending -> assigned
struct Assign {
  std::string job;
  std::string agent;
};
/// active -> lost, because the agent is gone
struct Lose {
  std::string job;
};
/// pending, failed, lost -> `record`
struct Settle {
  std::string job;
  JobRecord record;
};
/// The agent is asked to stop a job.
struct AskToStop {
  std::string job;
  Stop stop = Stop::give_back;
  std::string reason;
};
struct MarkGone {
  std::string agent;
  bool given_up = false;
};
struct ForgetGone {
  std::string agent;
};
struct BeginFreeze {
  std::uint64_t gone = 0;
  std::uint64_t agents = 0;
};
struct EndFreeze {};
/// A spec all of whose jobs are final goes, with its jobs.
struct ForgetSpec {
  std::string spec;
};
using Decision = std::variant<Assign, Lose, Settle, AskToStop, MarkGone, ForgetGone, BeginFreeze, EndFreeze, ForgetSpec>;

/// What a leading scheduler should do next. Made when the leadership begins: what it remembers is when it saw what, by its own
/// clock. All decisions of a round can be carried out in any order, each or not at all; the next round sees what came of them.
class Planner {
 public:
  Planner(Settings settings, Instant led_since, std::uint64_t seed);

  [[nodiscard]] std::vector<Decision> plan(const Picture& picture, Instant now);
  /// When to plan again if nothing changes; after the last plan().
  [[nodiscard]] Instant wake_at() const { return wake_at_; }

 private:
  struct Seen {
    std::uint64_t epoch = 0;
    Instant at{};
  };
  void watch_agents(const Picture& picture, Instant now);
  void freeze_or_not(const Picture& picture, Instant now);
  void give_up(const Picture& picture, Instant now);
  void settle(const Picture& picture);
  void drain(const Picture& picture, Instant now);
  void assign(const Picture& picture, Instant now);
  void forget(const Picture& picture);
  [[nodiscard]] bool is_due(const std::string& name, const Job& job, Instant now);
  void wake(Instant when) { wake_at_ = std::min(wake_at_, when); }
  [[nodiscard]] bool is_full() const { return decisions_.size() >= settings_.round_max; }

  Settings settings_;
  Instant led_since_;
  Prng prng_;
  Instant wake_at_ = Instant::max();
  std::vector<Decision> decisions_;
  bool first_ = true;
  ByName<bool> alive_;        ///< agents as of the last round; true: leaving
  ByName<Instant> vanished_;  ///< and not given up
  ByName<Instant> gone_seen_;
  ByName<Instant> drain_seen_;
  ByName<Seen> pending_seen_;
};

/// How long to wait after the `failures`th failure: doubles from backoff_ms to backoff_max_ms; between a half of that and the
/// whole.
[[nodiscard]] std::uint64_t backoff(const Spec& spec, std::uint64_t failures, Prng& prng);

/// What dependencies say of a job: it must wait, may run, or will never run, and why.
enum class Ready : std::uint8_t { yes, waits, never };
struct Readiness {
  Ready ready = Ready::yes;
  std::string reason;
};
[[nodiscard]] Readiness readiness(const Picture& picture, const Spec& spec);

}  // namespace conclave::scheduler
