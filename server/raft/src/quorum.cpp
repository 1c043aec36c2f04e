#include "conclave/raft/quorum.hpp"

#include <algorithm>

namespace conclave::raft {
namespace {

Tally tally_of(const std::vector<MemberId>& voters, const std::map<MemberId, bool>& votes) {
  std::size_t granted = 0;
  std::size_t refused = 0;
  for (const MemberId id : voters) {
    const auto vote = votes.find(id);
    if (vote == votes.end()) continue;
    ++(vote->second ? granted : refused);
  }
  const std::size_t needed = majority_of(voters.size());
  if (granted >= needed) return Tally::won;
  return voters.size() - refused < needed ? Tally::lost : Tally::open;
}

std::uint64_t value_of_majority(const std::vector<MemberId>& voters, const std::function<std::uint64_t(MemberId)>& value_of) {
  if (voters.empty()) return 0;
  std::vector<std::uint64_t> values;
  values.reserve(voters.size());
  for (const MemberId id : voters) values.push_back(value_of(id));
  const auto position = values.begin() + static_cast<std::ptrdiff_t>(majority_of(values.size()) - 1);
  std::nth_element(values.begin(), position, values.end(), std::greater<>());
  return *position;
}

}  // namespace

Tally tally(const Membership& membership, const std::map<MemberId, bool>& votes) {
  const Tally incoming = tally_of(membership.voters, votes);
  if (!membership.is_joint()) return incoming;
  const Tally outgoing = tally_of(membership.outgoing, votes);
  if (incoming == Tally::lost || outgoing == Tally::lost) return Tally::lost;
  return incoming == outgoing ? incoming : Tally::open;
}

std::uint64_t quorum_value(const Membership& membership, const std::function<std::uint64_t(MemberId)>& value_of) {
  const std::uint64_t incoming = value_of_majority(membership.voters, value_of);
  if (!membership.is_joint()) return incoming;
  return std::min(incoming, value_of_majority(membership.outgoing, value_of));
}

bool is_quorum(const Membership& membership, const std::function<bool(MemberId)>& holds) {
  return quorum_value(membership, [&](MemberId id) -> std::uint64_t { return holds(id) ? 1 : 0; }) == 1;
}

}  // namespace conclave::raft
