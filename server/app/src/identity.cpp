#include "conclave/app/identity.hpp"

#include <algorithm>

#include "conclave/base/name_hash.hpp"
#include "conclave/engine/member_id.hpp"

namespace conclave::app {

std::uint64_t token_hash(const std::string& token) { return NameHash().add("token").add(token).value(); }

ClusterId cluster_id(const Options& options) {
  NameHash hash;
  hash.add("cluster").add(options.cluster_token);
  for (const InitialMember& member : options.initial_cluster) {
    hash.add(member.name).add(options.cluster_given ? member.peer_address : "");
  }
  return ClusterId(hash.value());
}

Result<raft::Membership> bootstrap_membership(const Options& options) {
  raft::Membership membership;
  for (const InitialMember& initial : options.initial_cluster) {
    const MemberId id = engine::member_id(options.cluster_token, initial.name);
    membership.voters.push_back(id);
    const std::string client = initial.name == options.name ? options.advertise_client : std::string();
    membership.members.push_back({id, Incarnation(), initial.name, initial.peer_address, client});
  }
  std::ranges::sort(membership.voters);
  std::ranges::sort(membership.members, {}, &raft::Member::id);
  if (std::ranges::adjacent_find(membership.voters) != membership.voters.end()) {
    return fail(Errc::invalid_argument, "two members of --initial-cluster get the same number; rename one");
  }
  return membership;
}

}  // namespace conclave::app
