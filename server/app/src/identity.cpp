#include "conclave/app/identity.hpp"

#include <algorithm>
#include <string_view>

namespace conclave::app {
namespace {

/// FNV-1a, then the finisher of splitmix64 so that like names give unlike numbers. Each part is followed by a byte that no name
/// contains, so that parts cannot run into each other.
class Hash {
 public:
  Hash& add(std::string_view part) {
    for (const char c : part) mix(static_cast<unsigned char>(c));
    mix(0);
    return *this;
  }
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    x ^= x >> 31;
    return x == 0 ? 1 : x;
  }

 private:
  void mix(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001b3ULL; }

  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace

MemberId member_id(const std::string& token, const std::string& name) {
  return MemberId(Hash().add("member").add(token).add(name).value());
}

std::uint64_t token_hash(const std::string& token) { return Hash().add("token").add(token).value(); }

ClusterId cluster_id(const Options& options) {
  Hash hash;
  hash.add("cluster").add(options.cluster_token);
  for (const InitialMember& member : options.initial_cluster) {
    hash.add(member.name).add(options.cluster_given ? member.peer_address : "");
  }
  return ClusterId(hash.value());
}

Result<raft::Membership> bootstrap_membership(const Options& options) {
  raft::Membership membership;
  for (const InitialMember& initial : options.initial_cluster) {
    const MemberId id = member_id(options.cluster_token, initial.name);
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
