#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/scheduler_core/phase.hpp"
#include "conclave/scheduler_core/spec.hpp"

/// The values of a scheduler's keys, as JSON. Reading takes what it knows and leaves the rest; what is no such record gives
/// nothing.
namespace conclave::scheduler {

/// job/JOB. At each revision the job belongs to one writer: its agent while there is an assignment, else the leading scheduler.
struct JobRecord {
  Phase phase = Phase::pending;
  std::uint64_t epoch = 0;  ///< of the last assignment; zero: never assigned
  std::uint64_t failures = 0;
  std::uint64_t losses = 0;
  std::string agent;              ///< of the last assignment
  std::string reason;             ///< why it is where it is, for people
  std::uint64_t delay_ms = 0;     ///< pending: how long it is held back, counted by whoever leads from when it saw this
  std::int64_t submitted_ms = 0;  ///< times since 1970, for people: nothing is decided by them
  std::int64_t changed_ms = 0;
  bool operator==(const JobRecord&) const = default;
};

/// agent/AGENT, on the agent's lease.
struct AgentRecord {
  Resources capacity;
  Labels labels;
  std::string incarnation;  ///< of the process; two with one name are told apart
  std::string host;
  bool leaving = false;  ///< it is about to end in good order
  std::int64_t since_ms = 0;
  bool operator==(const AgentRecord&) const = default;
};

enum class Stop : std::uint8_t { none, cancel, give_back };

/// assign/AGENT/JOB: the agent has the job as long as this key, with this create revision, is there.
struct AssignRecord {
  JobRecord job;  ///< as it was written beside it
  Stop stop = Stop::none;
  std::string reason;  ///< why to stop
  bool operator==(const AssignRecord&) const = default;
};

/// run/JOB/EPOCH, apart.
struct RunRecord {
  std::string agent;
  Phase phase = Phase::accepted;
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::string reason;
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  std::string output;              ///< the end of it
  std::uint64_t output_bytes = 0;  ///< all of it
  bool operator==(const RunRecord&) const = default;
};

/// drain/AGENT
struct DrainRecord {
  std::uint64_t within_ms = 0;  ///< then what still runs is given back
  std::string reason;
  bool operator==(const DrainRecord&) const = default;
};

/// gone/AGENT: it went without a word. `given_up`: nobody waits for it any more.
struct GoneRecord {
  bool given_up = false;
  std::int64_t since_ms = 0;
  bool operator==(const GoneRecord&) const = default;
};

/// refused/AGENT: it has come too late. On no lease: neither the agent's end nor its next process takes it back.
struct RefusedRecord {
  std::uint64_t reports = 0;  ///< that came to nothing because the work was no longer its own; only grows
  std::int64_t last_ms = 0;
  bool operator==(const RefusedRecord&) const = default;
};

/// freeze: nothing is taken from agents that are gone.
struct FreezeRecord {
  std::uint64_t gone = 0;
  std::uint64_t agents = 0;
  std::int64_t since_ms = 0;
  bool operator==(const FreezeRecord&) const = default;
};

/// key/KEY
struct SubmittedRecord {
  std::vector<std::string> specs;
  std::uint64_t digest = 0;
  bool operator==(const SubmittedRecord&) const = default;
};

[[nodiscard]] std::string to_json(const JobRecord& record);
[[nodiscard]] std::string to_json(const AgentRecord& record);
[[nodiscard]] std::string to_json(const AssignRecord& record);
[[nodiscard]] std::string to_json(const RunRecord& record);
[[nodiscard]] std::string to_json(const DrainRecord& record);
[[nodiscard]] std::string to_json(const GoneRecord& record);
[[nodiscard]] std::string to_json(const RefusedRecord& record);
[[nodiscard]] std::string to_json(const FreezeRecord& record);
[[nodiscard]] std::string to_json(const SubmittedRecord& record);
[[nodiscard]] std::optional<JobRecord> job_from_json(std::string_view text);
[[nodiscard]] std::optional<AgentRecord> agent_from_json(std::string_view text);
[[nodiscard]] std::optional<AssignRecord> assign_from_json(std::string_view text);
[[nodiscard]] std::optional<RunRecord> run_from_json(std::string_view text);
[[nodiscard]] std::optional<DrainRecord> drain_from_json(std::string_view text);
[[nodiscard]] std::optional<GoneRecord> gone_from_json(std::string_view text);
[[nodiscard]] std::optional<RefusedRecord> refused_from_json(std::string_view text);
[[nodiscard]] std::optional<FreezeRecord> freeze_from_json(std::string_view text);
[[nodiscard]] std::optional<SubmittedRecord> submitted_from_json(std::string_view text);

}  // namespace conclave::scheduler
