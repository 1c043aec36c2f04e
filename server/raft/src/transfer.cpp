#include <algorithm>

#include "activities.hpp"

/// Leadership transfer (dissertation 3.10): bring the target up to date, let it campaign at once, and take no proposals meanwhile.
namespace conclave::raft {

Result<void> begin_transfer(Parts& p, MemberId to) {
  if (!p.lead) return fail(Errc::not_leader);
  const std::vector<MemberId>& voters = p.membership().voters;
  if (to == p.self() || !std::binary_search(voters.begin(), voters.end(), to)) {
    return fail(Errc::invalid_argument, "leadership can be transferred to another voter only");
  }
  if (p.lead->transfer && p.lead->transfer->to == to) return {};
  p.lead->transfer = Transfer{to, p.ticks + p.config.election_timeout_ticks};
  send_timeout_now_if_caught_up(p, to);
  return {};
}

void tick_transfer(Parts& p) {
  if (p.lead->transfer && p.ticks >= p.lead->transfer->deadline_tick) p.lead->transfer.reset();
}

void send_timeout_now_if_caught_up(Parts& p, MemberId from) {
  if (!p.lead || !p.lead->transfer || p.lead->transfer->to != from) return;
  const auto peer = p.lead->peers.find(from);
  if (peer != p.lead->peers.end() && peer->second.match() == p.log.last()) send(p, from, TimeoutNow{p.hard.term});
}

void handle(Parts& p, MemberId from, const TimeoutNow&) {
  if (p.role == Role::leader || p.leader != from || p.install || !is_voter(p.membership(), p.self())) return;
  if (p.hard.term.value() + 1 < number_max) start_vote(p, true);
}

}  // namespace conclave::raft
