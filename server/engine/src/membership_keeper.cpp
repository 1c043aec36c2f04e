#include "membership_keeper.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "conclave/engine/member_id.hpp"

namespace conclave::engine {
namespace {

template <class Field, class Value>
const raft::Member* record_with(const raft::Membership& membership, Field field, const Value& value) {
  const auto found = std::ranges::find(membership.members, value, field);
  return found == membership.members.end() ? nullptr : &*found;
}

bool votes(const raft::Membership& membership, MemberId id) { return std::ranges::binary_search(membership.voters, id); }

bool is_host_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return failed == std::errc{} && end == digits.data() + digits.size() && port != 0;
}

}  // namespace

Roles roles_of(const raft::Membership& membership) {
  Roles roles;
  for (const raft::Member& member : membership.members) {
    (votes(membership, member.id) ? roles.voters : roles.learners).push_back(member);
  }
  return roles;
}

void MembershipKeeper::add(ConnectionId connection, RequestId request, const MemberAddRequest& wanted) {
  const raft::Member* known = record_with(context_.core.membership(), &raft::Member::name, wanted.name);
  const MemberId id = known != nullptr ? known->id : member_id(context_.config.cluster_token, wanted.name);
  begin({connection, request, id, true, context_.now}, propose_with(wanted, id));
}

void MembershipKeeper::remove(ConnectionId connection, RequestId request, const MemberRemoveRequest& wanted) {
  const raft::Member* known = record_with(context_.core.membership(), &raft::Member::name, wanted.name);
  if (known == nullptr) return context_.refuse(connection, request, Errc::invalid_argument, "no member is called " + wanted.name);
  begin({connection, request, known->id, false, context_.now}, propose_without(known->id));
}

void MembershipKeeper::begin(Waiting waiting, const Result<void>& proposed) {
  if (proposed) {
    waiting_.push_back(waiting);
  } else {
    context_.refuse(waiting.connection, waiting.request, proposed.error().code, proposed.error().context);
  }
}

/// A request that comes again finds its own learner and is answered like the first.
Result<void> MembershipKeeper::propose_with(const MemberAddRequest& wanted, MemberId id) {
  if (!context_.core.is_leader()) return fail(Errc::not_leader, "only the leader changes the membership");
  if (wanted.name.empty()) return fail(Errc::invalid_argument, "a member without a name");
  if (!is_host_and_port(wanted.peer_address)) {
    return fail(Errc::invalid_argument, "'" + wanted.peer_address + "' is not HOST:PORT, where the other members reach it");
  }
  const raft::Membership& now = context_.core.membership();
  if (const raft::Member* known = record_with(now, &raft::Member::id, id)) {
    if (known->name != wanted.name)
      return fail(Errc::invalid_argument, "the name has the number of " + known->name + "; take another");
    if (known->peer_address == wanted.peer_address && !votes(now, id)) return {};
    return fail(Errc::already_exists, wanted.name + " is a member already, at " + known->peer_address);
  }
  Roles roles = roles_of(now);
  roles.learners.push_back({id, Incarnation(), wanted.name, wanted.peer_address, ""});
  return propose(std::move(roles));
}

Result<void> MembershipKeeper::propose_without(MemberId id) {
  if (!context_.core.is_leader()) return fail(Errc::not_leader, "only the leader changes the membership");
  const raft::Membership& now = context_.core.membership();
  if (id == context_.config.self) {
    return fail(Errc::invalid_argument, "it leads (or is the last voter); move the leadership away first");
  }
  Roles roles = roles_of(now);
  std::erase_if(roles.voters, [&](const raft::Member& member) { return member.id == id; });
  std::erase_if(roles.learners, [&](const raft::Member& member) { return member.id == id; });
  std::size_t alive = 1;
  for (const raft::PeerStatus& peer : context_.core.status().peers) {
    if (peer.active && peer.id != id && votes(now, peer.id)) ++alive;
  }
  if (votes(now, id) && alive <= roles.voters.size() / 2) {
    return fail(Errc::invalid_argument, "without it those that answer would be no majority");
  }
  return propose(std::move(roles));
}

Result<void> MembershipKeeper::propose(Roles roles) {
  std::vector<MemberId> promote;
  for (const raft::Member& learner : roles.learners) promote.push_back(learner.id);
  const auto id = context_.core.propose_membership(std::move(roles.voters), std::move(roles.learners), std::move(promote));
  if (!id) return fail(id.error());
  promoting_in_ = context_.core.term();
  return {};
}

void MembershipKeeper::on_leader_changed() {
  if (context_.core.is_leader()) return;
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    context_.refuse(waiting.connection, waiting.request, Errc::unknown_outcome, "the leader changed; the list of members tells");
  }
}

void MembershipKeeper::on_connection_closed(ConnectionId connection) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.connection == connection; });
}

void MembershipKeeper::tick() {
  if (!context_.core.is_leader()) return;
  answer();
  promote_learners();
}

bool MembershipKeeper::settled() const { return context_.core.membership_committed() && !context_.core.membership().is_joint(); }

void MembershipKeeper::answer() {
  const bool done = settled();
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const bool present = record_with(context_.core.membership(), &raft::Member::id, waiting.member) != nullptr;
    if (done && present == waiting.present) {
      context_.reply(waiting.connection, waiting.request, Acknowledged{});
      return true;
    }
    if (context_.now - waiting.since < 2 * context_.config.election_timeout) return false;
    context_.refuse(waiting.connection, waiting.request, Errc::timeout, "the change is not committed yet");
    return true;
  });
}

/// The core forgets with its term whom it was to promote.
void MembershipKeeper::promote_learners() {
  const raft::Membership& now = context_.core.membership();
  if (now.learners.empty() || promoting_in_ == context_.core.term() || !settled()) return;
  (void)propose(roles_of(now));  // what is in the way is over by the next tick
}

}  // namespace conclave::engine
