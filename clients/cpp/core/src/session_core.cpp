#include "conclave/client/session_core.hpp"

#include <algorithm>
#include <utility>

#include "lease_watch.hpp"
#include "links.hpp"
#include "operations.hpp"
#include "watch_book.hpp"
#include "wire.hpp"

namespace conclave::client {

/// What the core itself asked over the wire.
struct Errand {
  enum class Kind : std::uint8_t { open_session, renew, members } kind = Kind::members;
  std::vector<LeaseId> leases;
  Instant sent;
};

struct SessionCore::Parts {
  Parts(SessionOptions options, Prng prng, Instant now)
      : shared{std::move(options), std::move(prng), now, {}, {}, {}, {}, 0, 0},
        links(shared),
        watches(shared),
        operations(shared, watches),
        leases(shared.options.drift_ppm) {
    shared.cluster = shared.options.cluster;
  }

  void settle();
  void work();
  void open_session(LinkId link);
  void renew_leases(std::optional<LinkId> link);
  void ask_members(LinkId link);
  void tell_lease_news();
  void link_news(Links::News news);
  void lose_session();
  void on_reply(const protocol::Frame& frame);
  void on_errand_reply(Errand errand, const WireReply& reply);
  void on_push(const protocol::Frame& frame);

  Shared shared;
  Links links;
  WatchBook watches;
  Operations operations;
  LeaseWatch leases;
  LeaseId session;
  std::uint64_t nonce = 0;  ///< of the session being opened or open
  bool opening = false;
  Instant open_not_before{};
  std::map<std::uint64_t, Errand> errands;
  bool members_asked = false;
  bool closed = false;
  bool unsettled = true;  ///< something was put in since the last work(): one pass follows from all of it
};

SessionCore::SessionCore(SessionOptions options, Prng prng, Instant now)
    : parts_(std::make_unique<Parts>(std::move(options), std::move(prng), now)) {}
SessionCore::~SessionCore() = default;

// --- The program
// --------------------------------------------------------------------------------------------------------------------------

OperationId SessionCore::submit(Request&& request, Instant deadline, Instant now) {
  parts_->shared.now = std::max(parts_->shared.now, now);
  const OperationId id = parts_->operations.submit(std::move(request), deadline);
  if (parts_->closed) parts_->operations.fail_all({Errc::shutting_down, "the client is closed"});
  parts_->unsettled = true;
  return id;
}

void SessionCore::cancel(OperationId operation) { parts_->operations.cancel(operation); }

LocalWatchId SessionCore::watch(WatchOptions options, Instant now) {
  parts_->shared.now = std::max(parts_->shared.now, now);
  const LocalWatchId id = parts_->watches.add(std::move(options));
  parts_->unsettled = true;
  return id;
}

LocalWatchId SessionCore::watch_turn(TurnOptions options, Instant now) {
  parts_->shared.now = std::max(parts_->shared.now, now);
  const LocalWatchId id = parts_->watches.add_turn(std::move(options), OperationId());
  parts_->unsettled = true;
  return id;
}

QueuedUp SessionCore::queue_up(Write&& place, Instant deadline, TurnOptions turn, Instant now) {
  QueuedUp both;
  both.place = submit(std::move(place), deadline, now);
  both.turn = parts_->watches.add_turn(std::move(turn), both.place);
  if (!parts_->operations.waits(both.place)) parts_->watches.on_write_done(both.place, fail(Errc::cancelled, std::string()));
  return both;
}

void SessionCore::unwatch(LocalWatchId watch) { parts_->watches.remove(watch); }

void SessionCore::keep_alive(LeaseId lease, std::chrono::milliseconds ttl, Instant granted_at) {
  parts_->leases.add(lease, ttl, granted_at);
}

void SessionCore::forget_lease(LeaseId lease) { parts_->leases.remove(lease); }

void SessionCore::close(Instant now) {
  Parts& parts = *parts_;
  parts.shared.now = std::max(parts.shared.now, now);
  if (parts.closed) return;
  parts.settle();
  parts.closed = true;
  const auto link = parts.links.serving();
  if (link && !parts.session.is_zero())
    parts.shared.act(Send{*link, parts.shared.encoder.session_close(parts.shared.next_wire_id(), parts.session)});
  parts.operations.fail_all({Errc::shutting_down, "the client is closed"});
  parts.watches.end_all({Errc::shutting_down, "the client is closed"});
  parts.links.close_all();
}

// --- The network
// --------------------------------------------------------------------------------------------------------------------------

void SessionCore::on_connected(LinkId link, Instant now) {
  parts_->shared.now = std::max(parts_->shared.now, now);
  parts_->links.on_connected(link);
}

void SessionCore::on_frame(LinkId link, const protocol::Frame& frame, Instant now) {
  Parts& parts = *parts_;
  parts.shared.now = std::max(parts.shared.now, now);
  const bool serving = parts.links.serving() == link;
  parts.link_news(parts.links.on_control_frame(link, frame));
  if (serving && frame.kind == protocol::FrameKind::reply) parts.on_reply(frame);
  if (serving && frame.kind >= protocol::FrameKind::events_push && frame.kind < protocol::FrameKind::peer_message)
    parts.on_push(frame);
  parts.unsettled = true;
}

void SessionCore::on_closed(LinkId link, const Error& why, Instant now) {
  parts_->shared.now = std::max(parts_->shared.now, now);
  parts_->link_news(parts_->links.on_closed(link, why));
  parts_->unsettled = true;
}

void SessionCore::on_time(Instant now) {
  Parts& parts = *parts_;
  parts.shared.now = std::max(parts.shared.now, now);
  parts.operations.on_time();
  parts.unsettled = true;
}

// --- What follows
// -------------------------------------------------------------------------------------------------------------------------

void SessionCore::Parts::settle() {
  if (std::exchange(unsettled, false) && !closed) work();
}

void SessionCore::Parts::work() {
  links.on_time(!operations.has_unrepeatable_in_flight());
  link_news(links.take_news());
  const auto link = links.serving();
  renew_leases(link);
  tell_lease_news();
  if (!link) return;
  if (shared.options.follow_leader && !members_asked) ask_members(*link);
  if (session.is_zero() && operations.wants_session()) open_session(*link);
  shared.features = links.features();
  operations.flush(
      *link,
      std::min<std::uint32_t>(links.requests_max() / 2 + 1, static_cast<std::uint32_t>(shared.options.requests_in_flight_max)),
      session);
  watches.flush(*link);
}

void SessionCore::Parts::link_news(Links::News news) {
  if (news == Links::News::none || news == Links::News::ready) return;
  members_asked = false;
  opening = false;
  const auto lost = std::exchange(errands, {});
  for (const auto& [wire_id, errand] : lost)
    for (const LeaseId lease : errand.leases) leases.on_renewal_failed(lease, shared.now);
  watches.on_link_lost();
  operations.on_link_lost();
}

void SessionCore::Parts::open_session(LinkId link) {
  if (opening || shared.now < open_not_before) return;
  if (nonce == 0) nonce = shared.prng.next() | 1;
  opening = true;
  const std::uint64_t wire_id = shared.next_wire_id();
  errands[wire_id] = {Errand::Kind::open_session, {}, shared.now};
  shared.act(Send{link, shared.encoder.session_open(wire_id, nonce, shared.options.session_ttl, shared.options.owner)});
}

void SessionCore::Parts::renew_leases(std::optional<LinkId> link) {
  std::vector<LeaseId> due = leases.take_due(shared.now);
  if (due.empty()) return;
  if (!link) {
    for (const LeaseId lease : due) leases.on_renewal_failed(lease, shared.now);
    return;
  }
  const std::uint64_t wire_id = shared.next_wire_id();
  shared.act(Send{*link, shared.encoder.write(wire_id, Write{Write::LeaseRenew{due}, {}}, {})});
  errands[wire_id] = {Errand::Kind::renew, std::move(due), shared.now};
}

void SessionCore::Parts::ask_members(LinkId link) {
  members_asked = true;
  const std::uint64_t wire_id = shared.next_wire_id();
  errands[wire_id] = {Errand::Kind::members, {}, shared.now};
  shared.act(Send{link, shared.encoder.ask(wire_id, Ask{Ask::MemberList{}})});
}

void SessionCore::Parts::tell_lease_news() {
  for (const LeaseTold& told : leases.take_news(shared.now)) {
    if (told.lease == session && told.health == LeaseHealth::lost) lose_session();
    shared.act(told);
  }
}

void SessionCore::Parts::lose_session() {
  const LeaseId lost = std::exchange(session, LeaseId{});
  nonce = 0;
  leases.remove(lost);
  operations.on_session_gone(lost);
}

void SessionCore::Parts::on_reply(const protocol::Frame& frame) {
  auto reply = decode_reply(frame);
  if (!reply) return link_news(links.abandon(reply.error()));
  links.on_leader(reply->header.leader);
  if (const auto errand = errands.find(frame.id); errand != errands.end()) {
    Errand mine = std::move(errand->second);
    errands.erase(errand);
    return on_errand_reply(std::move(mine), *reply);
  }
  if (watches.on_reply(frame.id, *reply) == WatchBook::After::elsewhere)
    return link_news(links.abandon({Errc::no_leader, "the member cannot serve a watch"}));
  const LeaseId session_before = session;
  switch (operations.on_reply(frame.id, std::move(*reply))) {
    case Operations::After::session_gone:
      if (session == session_before && !session.is_zero()) lose_session();
      return;
    case Operations::After::elsewhere: return link_news(links.abandon({Errc::no_leader, "the member has no leader"}));
    case Operations::After::done:
    case Operations::After::retry:
    case Operations::After::not_ours: return;
  }
}

void SessionCore::Parts::on_errand_reply(Errand errand, const WireReply& reply) {
  switch (errand.kind) {
    case Errand::Kind::members:
      if (const auto* answer = std::get_if<Reply>(&reply.body))
        if (const auto* list = std::get_if<MemberList>(&answer->body)) links.learn(list->members);
      return;
    case Errand::Kind::open_session:
      opening = false;
      if (const auto* opened = std::get_if<WireSessionOpened>(&reply.body)) {
        session = opened->id;
        leases.add(session, opened->ttl, errand.sent);
        return;
      }
      open_not_before = shared.now + shared.prng.between(shared.options.backoff_min, shared.options.backoff_min * 4);
      return;
    case Errand::Kind::renew:
      if (const auto* answer = std::get_if<Reply>(&reply.body)) {
        if (const auto* renewed = std::get_if<LeaseRenewed>(&answer->body)) {
          for (const auto& row : renewed->rows) leases.on_renewed(row.id, row.ttl, errand.sent);
          return;
        }
      }
      for (const LeaseId lease : errand.leases) leases.on_renewal_failed(lease, shared.now);
      return;
  }
}

void SessionCore::Parts::on_push(const protocol::Frame& frame) {
  auto push = decode_push(frame);
  if (!push) {
    if (push.error().code != Errc::unsupported) link_news(links.abandon(push.error()));
    return;
  }
  if (auto* events = std::get_if<EventsPush>(&*push)) return watches.on_push(std::move(*events));
  if (const auto* bookmark = std::get_if<BookmarkPush>(&*push)) return watches.on_push(*bookmark);
  if (const auto* turn = std::get_if<TurnPush>(&*push)) return watches.on_push(*turn);
  if (const auto* ended = std::get_if<WatchEndedPush>(&*push)) {
    if (watches.on_push(*ended) == WatchBook::After::elsewhere)
      link_news(links.abandon({Errc::shutting_down, "the member ended a watch"}));
    return;
  }
  const auto& news = std::get<LeaderNewsPush>(*push);
  if (news.has_leader) return links.on_leader(news.leader);
  link_news(links.abandon({Errc::no_leader, "the member has no leader"}));
}

// --- Outputs and observers
// ------------------------------------------------------------------------------------------------------------------

std::vector<Action> SessionCore::take_actions() {
  parts_->settle();
  std::vector<Action> taken = std::exchange(parts_->shared.actions, {});
  parts_->shared.actions.reserve(taken.size());
  return taken;
}

std::optional<Instant> SessionCore::next_deadline() const {
  const Parts& parts = *parts_;
  if (parts.closed) return std::nullopt;
  if (parts.unsettled) return parts.shared.now;
  std::optional<Instant> earliest;
  const bool opening_later = parts.session.is_zero() && parts.operations.wants_session() && !parts.opening;
  for (const std::optional<Instant>& at :
       {parts.links.next_deadline(), parts.operations.next_deadline(), parts.watches.next_deadline(), parts.leases.next_deadline(),
        opening_later ? std::optional(parts.open_not_before) : std::nullopt})
    if (at && (!earliest || *at < *earliest)) earliest = at;
  return earliest;
}

std::vector<LeaseId> SessionCore::take_extended_leases() { return parts_->leases.take_extended(); }

LeaseId SessionCore::session() const { return parts_->session; }
std::optional<LeaseHealth> SessionCore::lease_health(LeaseId lease, Instant now) const { return parts_->leases.health(lease, now); }
std::optional<Instant> SessionCore::lease_deadline(LeaseId lease) const { return parts_->leases.deadline(lease); }
bool SessionCore::connected() const { return parts_->links.serving().has_value(); }
ClusterId SessionCore::cluster() const { return parts_->shared.cluster; }
const std::string& SessionCore::last_link_error() const { return parts_->shared.last_link_error; }

}  // namespace conclave::client
