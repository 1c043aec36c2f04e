#include <algorithm>

#include "activities.hpp"

/// Messages from others: what makes no sense is dropped here, then the rules about terms that all roles share (dissertation 3.3).
namespace conclave::raft {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
// For clang, which does not deduce this by itself yet.
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

[[nodiscard]] bool is_sane(EntryId id, Term term) {
  if (id.index.value() >= number_max || id.term > term) return false;
  return id.index.is_zero() == id.term.is_zero();
}

[[nodiscard]] bool is_sane(const AppendRequest& m) {
  if (!is_sane(m.previous, m.term) || m.entries.size() >= number_max - m.previous.index.value()) return false;
  EntryId previous = m.previous;
  for (const EntryPtr& entry : m.entries) {
    if (entry == nullptr || entry->id.index != previous.index.next()) return false;
    if (entry->id.term < previous.term || entry->id.term > m.term || entry->id.term.is_zero()) return false;
    if (const auto* membership = std::get_if<Membership>(&entry->body); membership && !is_well_formed(*membership)) return false;
    previous = entry->id;
  }
  return true;
}

[[nodiscard]] bool is_sane(const SnapshotChunk& m) {
  if (!is_sane(m.meta.last, m.term) || m.meta.last.index.is_zero() || !is_well_formed(m.meta.membership)) return false;
  const std::uint64_t total = m.meta.total_bytes;
  if (total >= number_max || m.offset > total || m.bytes.size() > total - m.offset) return false;
  return m.done == (m.offset + m.bytes.size() == total);
}

[[nodiscard]] bool is_sane(const Message& message) {
  const Term term = term_of(message);
  if (term.is_zero() || term.value() >= number_max) return false;
  return std::visit(
      Overloaded{[](const VoteRequest& m) { return is_sane(m.last, m.term); }, [](const VoteReply&) { return true; },
                 [](const AppendRequest& m) { return is_sane(m); },
                 [](const AppendReply& m) { return m.last.value() < number_max && m.hint.index.value() < number_max; },
                 [](const Heartbeat& m) { return m.commit.value() < number_max; }, [](const HeartbeatReply&) { return true; },
                 [](const SnapshotChunk& m) { return is_sane(m); },
                 [](const SnapshotReply& m) { return m.last.index.value() < number_max; }, [](const TimeoutNow&) { return true; }},
      message);
}

[[nodiscard]] bool is_reply(const Message& message) {
  return std::holds_alternative<VoteReply>(message) || std::holds_alternative<AppendReply>(message) ||
         std::holds_alternative<HeartbeatReply>(message) || std::holds_alternative<SnapshotReply>(message);
}

[[nodiscard]] bool is_from_leader(const Message& message) {
  return std::holds_alternative<AppendRequest>(message) || std::holds_alternative<Heartbeat>(message) ||
         std::holds_alternative<SnapshotChunk>(message);
}

/// A deposed leader or a late candidate learns the term, or it would go on for ever: with votes refused while a leader is heard,
/// this is also how a member that is alone in a higher term comes back.
void answer_old_term(Parts& p, MemberId from, const Message& message) {
  if (is_from_leader(message)) {
    send_when_durable(p, from, AppendReply{.term = p.hard.term, .accepted = false, .last = Index(), .hint = {}});
  } else if (std::holds_alternative<VoteRequest>(message)) {
    send_when_durable(
        p, from, VoteReply{.term = p.hard.term, .pre_vote = false, .granted = false, .stamp = p.stamp, .stamp_term = p.stamp_term});
  }
}

/// Pre-votes change no term, except that a refusal may tell a newer one.
[[nodiscard]] bool settle_pre_vote_reply(Parts& p, const VoteReply& m) {
  if (m.granted) return m.term == p.hard.term.next();
  if (m.term > p.hard.term) become_follower(p, m.term, std::nullopt);
  return true;
}

/// Whether the message is of our term after all and is to be handled.
[[nodiscard]] bool settle_term(Parts& p, MemberId from, const Message& message) {
  const auto* request = std::get_if<VoteRequest>(&message);
  if (request != nullptr && request->pre_vote) return true;
  if (const auto* reply = std::get_if<VoteReply>(&message); reply != nullptr && reply->pre_vote)
    return settle_pre_vote_reply(p, *reply);
  const Term term = term_of(message);
  if (term > p.hard.term) {
    if (request != nullptr && !request->transfer && is_leader_protected(p)) return false;
    become_follower(p, term, std::nullopt);
  } else if (term < p.hard.term) {
    answer_old_term(p, from, message);
    return false;
  }
  return true;
}

}  // namespace

void receive(Parts& p, MemberId from, const Message& message) {
  if (from.is_zero() || from == p.self() || !is_sane(message)) return;
  // Requests of members we do not know are answered: our membership may be the old one (dissertation 4.1).
  if (is_reply(message) && !is_member(p.membership(), from)) return;
  if (!settle_term(p, from, message)) return;
  std::visit([&](const auto& m) { handle(p, from, m); }, message);
}

}  // namespace conclave::raft
