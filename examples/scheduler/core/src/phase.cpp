#include "conclave/scheduler_core/phase.hpp"

#include <array>
#include <utility>

namespace conclave::scheduler {
namespace {

constexpr std::array<std::pair<Phase, std::string_view>, 9> names{{{Phase::pending, "pending"},
                                                                   {Phase::assigned, "assigned"},
                                                                   {Phase::accepted, "accepted"},
                                                                   {Phase::running, "running"},
                                                                   {Phase::succeeded, "succeeded"},
                                                                   {Phase::failed, "failed"},
                                                                   {Phase::lost, "lost"},
                                                                   {Phase::dead, "dead"},
                                                                   {Phase::cancelled, "cancelled"}}};

}  // namespace

std::string_view name_of(Phase phase) { return names[static_cast<std::size_t>(phase)].second; }

std::optional<Phase> phase_from(std::string_view name) {
  for (const auto& [phase, text] : names)
    if (text == name) return phase;
  return std::nullopt;
}

bool may_follow(Phase before, Phase after) {
  switch (before) {
    case Phase::pending: return after == Phase::assigned || after == Phase::dead || after == Phase::cancelled;
    case Phase::assigned: return after == Phase::accepted || after == Phase::lost || after == Phase::cancelled;
    case Phase::accepted:
      return after == Phase::running || after == Phase::succeeded || after == Phase::failed || after == Phase::lost ||
             after == Phase::cancelled;
    case Phase::running:
      return after == Phase::succeeded || after == Phase::failed || after == Phase::lost || after == Phase::cancelled;
    case Phase::failed:
    case Phase::lost: return after == Phase::pending || after == Phase::dead || after == Phase::cancelled;
    case Phase::dead:
    case Phase::cancelled: return after == Phase::pending;
    case Phase::succeeded: return false;
  }
  return false;
}

}  // namespace conclave::scheduler
