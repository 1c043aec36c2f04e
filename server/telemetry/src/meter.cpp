#include "conclave/telemetry/meter.hpp"

#include <algorithm>

#include "metered_ports.hpp"

namespace conclave::telemetry {
namespace {

constexpr unsigned replies_per_look = 16;  // at the clock

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

RequestKind kind_of(const engine::ClientBody& body) {
  return std::visit(
      Overloaded{[](const engine::WriteRequest& write) { return write.is_renewal ? RequestKind::renewal : RequestKind::write; },
                 [](const engine::ReadRequest&) { return RequestKind::read; },
                 [](const engine::WatchCreate&) { return RequestKind::watch; },
                 [](const engine::WatchCancel&) { return RequestKind::watch_cancel; },
                 [](const engine::WatchProgressRequest&) { return RequestKind::progress; },
                 [](const engine::TurnWatch&) { return RequestKind::turn; },
                 [](const engine::StatusRequest&) { return RequestKind::status; },
                 [](const engine::MemberListRequest&) { return RequestKind::members; },
                 [](const engine::MemberAddRequest&) { return RequestKind::members; },
                 [](const engine::MemberRemoveRequest&) { return RequestKind::members; },
                 [](const engine::MoveLeaderRequest&) { return RequestKind::move_leader; },
                 [](const engine::HashRequest&) { return RequestKind::hash; }},
      body);
}

std::size_t outcome_of(const engine::ReplyBody& body) {
  const mvcc::Refused* refused = std::get_if<mvcc::Refused>(&body);
  if (const auto* response = std::get_if<mvcc::ResponsePtr>(&body)) refused = std::get_if<mvcc::Refused>(&(*response)->body);
  return refused == nullptr ? 0 : std::min<std::size_t>(static_cast<std::size_t>(refused->code), Meter::outcomes - 1);
}

}  // namespace

std::string_view name_of(RequestKind kind) {
  constexpr std::array<std::string_view, request_kinds> names = {
      "write", "renewal", "read", "watch", "turn", "watch_cancel", "progress", "status", "members", "move_leader", "hash", "other"};
  return names[static_cast<std::size_t>(kind)];
}

Meter::Meter(Clock clock) : clock_(clock), now_(clock()), began_(now_), asked_(asked_slots) {}
Meter::~Meter() = default;

engine::LogStore& Meter::around(engine::LogStore& port) {
  log_ = std::make_unique<MeteredLog>(*this, port);
  return *log_;
}

engine::ClientLinks& Meter::around(engine::ClientLinks& port) {
  clients_ = std::make_unique<MeteredClients>(*this, port);
  return *clients_;
}

Meter::Asked& Meter::slot_of(engine::ConnectionId connection, engine::RequestId request) {
  // Requests of a connection have consecutive numbers: they fill neighbouring slots, and connections begin at places of their own.
  return asked_[(connection.value() * 0x9e3779b97f4a7c15ULL + request.value()) % asked_slots];
}

void Meter::saw(const engine::Event& event) {
  if (!std::exchange(saw_since_pass_, true)) now_ = clock_();
  if (const auto* ask = std::get_if<engine::ClientAsked>(&event)) {
    slot_of(ask->connection, ask->request) = {ask->connection, ask->request, now_, kind_of(ask->body)};
  } else if (const auto* durable = std::get_if<engine::LogDurable>(&event)) {
    log_bytes_ += durable->bytes;
    disk_flush_.observe(durable->flush);
    for (; !writes_.empty() && writes_.front().first <= durable->id; writes_.pop_front()) {
      log_write_.observe(now_ - writes_.front().second);
    }
  }
}

void Meter::submitted(const raft::Write& write) {
  now_ = clock_();
  if (writes_.size() < waiting_writes_max) writes_.emplace_back(write.id, now_);
  if (write.truncate_from) std::erase_if(entries_, [&](const auto& entry) { return entry.first >= *write.truncate_from; });
  if (!write.entries.empty() && entries_.size() < waiting_writes_max) entries_.emplace_back(write.entries.back()->id.index, now_);
}

void Meter::replied(engine::ConnectionId connection, engine::RequestId request, const engine::ReplyBody& body) {
  Asked& asked = slot_of(connection, request);
  // Another request may have taken the place meanwhile: then only its outcome is known.
  const bool known = asked.connection == connection && asked.request == request;
  const RequestKind kind = known ? asked.kind : RequestKind::other;
  ++answered_[index(kind)][outcome_of(body)];
  if (!known) return;
  if (++replies_since_look_ % replies_per_look == 0) now_ = clock_();
  latency_[index(kind)].observe(std::max(now_ - asked.at, Duration::zero()));
  asked.request = {};
}

void Meter::pass_ended(Index applied) {
  now_ = clock_();
  pass_.observe(now_ - began_);
  saw_since_pass_ = false;
  for (; !entries_.empty() && entries_.front().first <= applied; entries_.pop_front())
    commit_.observe(now_ - entries_.front().second);
}

}  // namespace conclave::telemetry
