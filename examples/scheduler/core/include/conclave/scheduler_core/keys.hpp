#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "conclave/base/result.hpp"

/// Where a scheduler keeps what it knows. docs/scheduler.md is the contract that others read it by.
namespace conclave::scheduler {

/// Names of jobs, agents and groups: 1 to 64 of A-Z a-z 0-9 _ - and, not in front, the dot. So none can be taken for a path.
[[nodiscard]] Result<void> check_word(std::string_view what, std::string_view word);

/// What a key under a scheduler's directory is about.
struct SpecKey {
  std::string spec;
};
struct JobKey {
  std::string job;
};
struct AgentKey {
  std::string agent;
};
struct AssignKey {
  std::string agent;
  std::string job;
};
struct DrainKey {
  std::string agent;
};
struct GoneKey {
  std::string agent;
};
struct RefusedKey {
  std::string agent;
};
struct FreezeKey {};
struct OtherKey {};
using AnyKey = std::variant<SpecKey, JobKey, AgentKey, AssignKey, DrainKey, GoneKey, RefusedKey, FreezeKey, OtherKey>;

/// The keys of one scheduler. What is under directory() changes a few times in the life of a job and is what schedulers watch; what
/// agents tell of their runs is apart, under runs().
class Keys {
 public:
  /// `name` as recipes have it: parts between slashes, none empty. Checked by whoever asks a user for it.
  explicit Keys(std::string_view name);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string election() const { return directory_ + "leader/"; }
  [[nodiscard]] std::string spec(std::string_view spec) const { return under("spec/", spec); }
  [[nodiscard]] std::string job(std::string_view job) const { return under("job/", job); }
  [[nodiscard]] std::string agent(std::string_view agent) const { return under("agent/", agent); }
  [[nodiscard]] std::string assignments(std::string_view agent) const { return under("assign/", agent) + "/"; }
  [[nodiscard]] std::string assign(std::string_view agent, std::string_view job) const { return assignments(agent).append(job); }
  [[nodiscard]] std::string drain(std::string_view agent) const { return under("drain/", agent); }
  [[nodiscard]] std::string gone(std::string_view agent) const { return under("gone/", agent); }
  [[nodiscard]] std::string refused(std::string_view agent) const { return under("refused/", agent); }
  [[nodiscard]] std::string freeze() const { return directory_ + "freeze"; }
  [[nodiscard]] std::string idempotency(std::string_view key) const { return under("key/", key); }
  [[nodiscard]] std::string runs() const { return runs_; }
  [[nodiscard]] std::string runs(std::string_view job) const { return std::string(runs_).append(job) + "/"; }
  [[nodiscard]] std::string run(std::string_view job, std::uint64_t epoch) const { return runs(job) + std::to_string(epoch); }

  [[nodiscard]] AnyKey parse(std::string_view key) const;

 private:
  [[nodiscard]] std::string under(std::string_view part, std::string_view name) const {
    return std::string(directory_).append(part).append(name);
  }
  std::string directory_;
  std::string runs_;
};

/// The element of an array: "sweep.17" of spec "sweep". A job that is not in an array has its spec's name.
[[nodiscard]] std::string element_of(std::string_view spec, std::uint64_t index);
[[nodiscard]] std::string_view spec_of(std::string_view job);

}  // namespace conclave::scheduler
