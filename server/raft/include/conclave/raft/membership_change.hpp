#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/raft/types.hpp"

/// The algebra of memberships: which one follows from which.
namespace conclave::raft {

constexpr std::size_t members_max = 64;  ///< named in one membership; more is refused everywhere

[[nodiscard]] bool is_voter(const Membership& membership, MemberId id);  ///< of the incoming or the outgoing set
[[nodiscard]] bool is_learner(const Membership& membership, MemberId id);
[[nodiscard]] bool is_member(const Membership& membership, MemberId id);
/// Every id named, sorted, each once.
[[nodiscard]] std::vector<MemberId> ids_of(const Membership& membership);

/// Sorted lists without repetition or zero, at least one voter, no learner that votes, one record for each id named and no other.
[[nodiscard]] bool is_well_formed(const Membership& membership);

/// The membership that starts the change from `current` (not joint) to these voters and learners. At most one voter more or less is
/// a plain change (dissertation 4.1); more is joint. invalid_argument: no voters, an id twice or zero, too many.
[[nodiscard]] Result<Membership> plan_change(const Membership& current, std::vector<Member> voters, std::vector<Member> learners);
/// What follows a joint membership once it is committed.
[[nodiscard]] Membership leave_joint(const Membership& joint);
/// `current` (not joint) with those learners as voters.
[[nodiscard]] Result<Membership> plan_promotion(const Membership& current, const std::vector<MemberId>& learners);

/// The memberships of the log, by the index of their entries. The last one is in force, committed or not; truncation brings back
/// the one before it.
class MembershipLog {
 public:
  /// `membership` holds as of `index`, the log's base.
  MembershipLog(Index index, Membership membership);

  [[nodiscard]] const Membership& in_force() const { return history_.back().second; }
  /// The index that brought it.
  [[nodiscard]] Index since() const { return history_.back().first; }
  /// Grows with every change of in_force().
  [[nodiscard]] std::uint64_t version() const { return version_; }

  void append(Index index, Membership membership);
  void truncate_from(Index from);
  void compact(Index to);
  void reset(Index index, Membership membership);

  [[nodiscard]] const std::vector<std::pair<Index, Membership>>& history() const { return history_; }

 private:
  std::vector<std::pair<Index, Membership>> history_;
  std::uint64_t version_ = 0;
};

}  // namespace conclave::raft
