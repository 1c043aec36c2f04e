#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "conclave/client/request.hpp"
#include "conclave/scheduler_core/planner.hpp"

/// The transactions of a scheduler: what each write changes, and what must hold for it.
///
/// A job's record has one writer at a time. While there is an assignment it is the agent that has it, whose writes compare the
/// create revision of the assignment: that is the epoch's fence. Else it is the leader, or a user who compares the record's
/// revision.
namespace conclave::scheduler {

/// What a leader does. `guard` is the leader's; `picture` what the decision was made from; `wall_ms` for people.
/// Nothing if the picture does not have what the decision is about.
[[nodiscard]] std::optional<Write> write_of(const Decision& decision, const Picture& picture, const Keys& keys, const Guard& guard,
                                            std::int64_t wall_ms);

/// The agent's side of an assignment.
struct Seat {
  std::string agent;
  std::string job;
  Revision created;  ///< of the assignment
  JobRecord record;  ///< as it is now
  Revision changed;  ///< of the record, once it was accepted
};
/// assigned -> accepted. If it is not as it was assigned: reads the job, then the assignment.
[[nodiscard]] Write accept(const Keys& keys, const Guard& agent, const Seat& seat, std::int64_t wall_ms);
/// The results of accept(), if it succeeded: 0 is the spec.
inline constexpr std::size_t accept_spec_result = 0;
/// accepted -> running, once, and what there is of the output.
[[nodiscard]] Write progress(const Keys& keys, const Guard& agent, const Seat& seat, const RunRecord& run, std::int64_t wall_ms);
/// The end of the epoch: `run.phase` is succeeded, failed, lost or cancelled.
[[nodiscard]] Write report(const Keys& keys, const Guard& agent, const Seat& seat, const RunRecord& run, std::int64_t wall_ms);
/// What a report makes of the job's record.
[[nodiscard]] JobRecord after_report(const JobRecord& before, const RunRecord& run, std::int64_t wall_ms);

/// A user's: all specs have names. `digest` is of what was sent, before names were made up.
[[nodiscard]] Write submit(const Keys& keys, const Submission& submission, std::uint64_t digest, std::int64_t wall_ms);
/// A job that no agent has, to `record`.
[[nodiscard]] Write change(const Keys& keys, const std::string& job, Revision changed, const JobRecord& record);
/// A job that an agent has is asked for.
[[nodiscard]] Write ask_to_stop(const Keys& keys, const std::string& agent, const std::string& job, Revision created,
                                AssignRecord record);
/// All of a spec, if its jobs are as they were; with what was told of its runs.
[[nodiscard]] Write discard(const Keys& keys, const Spec& spec, const ByName<Job>& jobs);

}  // namespace conclave::scheduler
