#include <algorithm>
#include <iterator>

#include "conclave/base/assert.hpp"
#include "conclave/raft/membership_change.hpp"

namespace conclave::raft {
namespace {

bool contains(const std::vector<MemberId>& ids, MemberId id) { return std::binary_search(ids.begin(), ids.end(), id); }

/// Sorted, each once, none zero.
bool is_id_list(const std::vector<MemberId>& ids) {
  return std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end() && (ids.empty() || !ids.front().is_zero());
}

bool are_disjoint(const std::vector<MemberId>& a, const std::vector<MemberId>& b) {
  return std::none_of(a.begin(), a.end(), [&](MemberId id) { return contains(b, id); });
}

void sort_by_id(std::vector<Member>& members) {
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
}

std::vector<MemberId> ids_of(const std::vector<Member>& members) {
  std::vector<MemberId> ids;
  for (const Member& member : members) ids.push_back(member.id);
  return ids;
}

/// `records` first, then those of `current` that are named and not among them.
std::vector<Member> records_for(const std::vector<MemberId>& named, std::vector<Member> records, const Membership& current) {
  sort_by_id(records);
  std::vector<Member> out = records;
  for (const Member& member : current.members) {
    const auto same = [&](const Member& r) { return r.id == member.id; };
    if (contains(named, member.id) && std::none_of(records.begin(), records.end(), same)) out.push_back(member);
  }
  sort_by_id(out);
  return out;
}

std::size_t difference_of(const std::vector<MemberId>& a, const std::vector<MemberId>& b) {
  std::vector<MemberId> out;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out.size();
}

Result<void> check_lists(const std::vector<MemberId>& voters, const std::vector<MemberId>& learners) {
  if (voters.empty()) return fail(Errc::invalid_argument, "a membership without voters");
  if (voters.size() + learners.size() > members_max) return fail(Errc::invalid_argument, "a membership of too many members");
  if (!is_id_list(voters) || !is_id_list(learners) || !are_disjoint(voters, learners)) {
    return fail(Errc::invalid_argument, "a membership with a member id of zero or one that is named twice");
  }
  return {};
}

}  // namespace

bool is_voter(const Membership& membership, MemberId id) {
  return contains(membership.voters, id) || contains(membership.outgoing, id);
}

bool is_learner(const Membership& membership, MemberId id) { return contains(membership.learners, id); }

bool is_member(const Membership& membership, MemberId id) { return is_voter(membership, id) || is_learner(membership, id); }

std::vector<MemberId> ids_of(const Membership& membership) {
  std::vector<MemberId> ids = membership.voters;
  for (const auto* list : {&membership.outgoing, &membership.learners, &membership.learners_next}) {
    ids.insert(ids.end(), list->begin(), list->end());
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

bool is_well_formed(const Membership& m) {
  if (m.voters.empty() || m.members.size() > 2 * members_max) return false;
  if (!is_id_list(m.voters) || !is_id_list(m.outgoing) || !is_id_list(m.learners) || !is_id_list(m.learners_next)) return false;
  if (!are_disjoint(m.learners, m.voters) || !are_disjoint(m.learners, m.outgoing)) return false;
  if (!are_disjoint(m.learners_next, m.voters)) return false;
  const bool outgoing_only =
      std::all_of(m.learners_next.begin(), m.learners_next.end(), [&](MemberId id) { return contains(m.outgoing, id); });
  return outgoing_only && ids_of(m.members) == ids_of(m);
}

Result<Membership> plan_change(const Membership& current, std::vector<Member> voters, std::vector<Member> learners) {
  CONCLAVE_ASSERT(!current.is_joint());
  sort_by_id(voters);
  sort_by_id(learners);
  Membership next;
  next.voters = ids_of(voters);
  next.learners = ids_of(learners);
  if (auto checked = check_lists(next.voters, next.learners); !checked) return fail(checked.error());
  if (difference_of(current.voters, next.voters) > 1) {
    next.outgoing = current.voters;
    std::vector<MemberId> learning;
    for (const MemberId id : next.learners) (contains(next.outgoing, id) ? next.learners_next : learning).push_back(id);
    next.learners = std::move(learning);
  }
  std::vector<Member> records = std::move(voters);
  std::move(learners.begin(), learners.end(), std::back_inserter(records));
  next.members = records_for(ids_of(next), std::move(records), current);
  CONCLAVE_ASSERT(is_well_formed(next));
  return next;
}

Membership leave_joint(const Membership& joint) {
  CONCLAVE_ASSERT(joint.is_joint());
  Membership next;
  next.voters = joint.voters;
  std::merge(joint.learners.begin(), joint.learners.end(), joint.learners_next.begin(), joint.learners_next.end(),
             std::back_inserter(next.learners));
  next.members = records_for(ids_of(next), {}, joint);
  CONCLAVE_ASSERT(is_well_formed(next));
  return next;
}

Result<Membership> plan_promotion(const Membership& current, const std::vector<MemberId>& learners) {
  std::vector<Member> voting;
  std::vector<Member> learning;
  for (const Member& member : current.members) {
    const bool promoted = std::find(learners.begin(), learners.end(), member.id) != learners.end();
    (promoted || contains(current.voters, member.id) ? voting : learning).push_back(member);
  }
  return plan_change(current, std::move(voting), std::move(learning));
}

MembershipLog::MembershipLog(Index index, Membership membership) { history_.emplace_back(index, std::move(membership)); }

void MembershipLog::append(Index index, Membership membership) {
  CONCLAVE_ASSERT(index > since());
  history_.emplace_back(index, std::move(membership));
  ++version_;
}

void MembershipLog::truncate_from(Index from) {
  while (history_.size() > 1 && since() >= from) {
    history_.pop_back();
    ++version_;
  }
  CONCLAVE_ASSERT(since() < from);
}

void MembershipLog::compact(Index to) {
  while (history_.size() > 1 && history_[1].first <= to) history_.erase(history_.begin());
}

void MembershipLog::reset(Index index, Membership membership) {
  history_.clear();
  history_.emplace_back(index, std::move(membership));
  ++version_;
}

}  // namespace conclave::raft
