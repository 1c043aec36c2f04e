#include "conclave/raft/types.hpp"

#include "conclave/raft/message.hpp"

namespace conclave::raft {
namespace {

constexpr std::size_t entry_overhead_bytes = 32;
constexpr std::size_t member_overhead_bytes = 32;

struct BodySize {
  std::size_t operator()(const NoOp&) const { return 0; }
  std::size_t operator()(const Bytes& bytes) const { return bytes.size(); }
  std::size_t operator()(const Membership& membership) const {
    std::size_t size =
        8 * (membership.voters.size() + membership.outgoing.size() + membership.learners.size() + membership.learners_next.size());
    for (const Member& member : membership.members) {
      size += member_overhead_bytes + member.name.size() + member.peer_address.size() + member.client_address.size() +
              member.http_address.size();
    }
    return size;
  }
};

}  // namespace

std::size_t size_of(const Entry& entry) { return entry_overhead_bytes + std::visit(BodySize{}, entry.body); }

std::string_view name_of(Role role) {
  switch (role) {
    case Role::follower: return "follower";
    case Role::pre_candidate: return "pre_candidate";
    case Role::candidate: return "candidate";
    case Role::leader: return "leader";
    case Role::learner: return "learner";
  }
  return "role";
}

Term term_of(const Message& message) {
  return std::visit([](const auto& m) { return m.term; }, message);
}

}  // namespace conclave::raft
