#include "operations.hpp"

#include <algorithm>

namespace conclave::client {
namespace {
constexpr std::uint64_t session_window = 1024;

/// Refusals after which the same request may be sent again because nothing happened.
bool worth_retrying(Errc code) {
  return code == Errc::not_leader || code == Errc::no_leader || code == Errc::dropped || code == Errc::overloaded ||
         code == Errc::shutting_down || code == Errc::membership_busy;
}

/// Then another member's answer is no answer. The others are carried out by whoever leads.
bool is_about_one_member(const Request& request) {
  const auto* ask = std::get_if<Ask>(&request);
  return ask != nullptr && !std::holds_alternative<Ask::MoveLeader>(ask->body) &&
         !std::holds_alternative<Ask::MemberAdd>(ask->body) && !std::holds_alternative<Ask::MemberRemove>(ask->body);
}

/// The key that a sequence put completed; empty for other requests.
Result<std::string> key_made_by(const Result<Reply>& outcome) {
  if (!outcome) return fail(outcome.error());
  const auto* put = std::get_if<PutResult>(&outcome->body);
  return put == nullptr ? std::string() : put->key;
}

}  // namespace

OperationId Operations::submit(Request&& request, Instant deadline) {
  const OperationId id(next_id_++);
  if (operations_.size() >= shared_.options.requests_queued_max) {
    shared_.act(Completed{id, fail(Errc::overloaded, "too many requests wait in this client")});
    return id;
  }
  operations_.try_emplace(id, std::move(request), deadline);
  deadlines_.insert({deadline, id});
  to_send_.insert(id);
  return id;
}

bool Operations::needs_session(const Operation& operation) const {
  const auto* write = std::get_if<Write>(&operation.request);
  return write != nullptr && shared_.options.use_session && !std::holds_alternative<Write::LeaseRenew>(write->body);
}

bool Operations::repeatable(const Operation& operation) const {
  const auto* write = std::get_if<Write>(&operation.request);
  return write == nullptr || shared_.options.use_session || std::holds_alternative<Write::LeaseRenew>(write->body);
}

bool Operations::wants_session() const {
  return std::any_of(to_send_.begin(), to_send_.end(), [&](OperationId id) { return needs_session(operations_.at(id)); });
}

bool Operations::has_unrepeatable_in_flight() const {
  if (shared_.options.use_session) return false;  // then all are repeatable
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [&](const auto& item) { return !repeatable(operations_.at(item.second)); });
}

RequestSeq Operations::first_outstanding() const { return outstanding_.empty() ? next_sequence_ : outstanding_.front(); }

void Operations::flush(LinkId link, std::uint32_t in_flight_max, LeaseId session) {
  if (session != sequence_session_) {
    sequence_session_ = session;
    next_sequence_ = RequestSeq(1);
    outstanding_.clear();
  }
  for (auto it = to_send_.begin(); it != to_send_.end() && in_flight_.size() < in_flight_max;) {
    const OperationId id = *it;
    Operation& operation = operations_.at(id);
    const bool waits_for_session = needs_session(operation) && session.is_zero();
    if (operation.not_before > shared_.now || waits_for_session) {
      ++it;
      continue;
    }
    if (needs_session(operation) && operation.sequence.is_zero()) {
      if (next_sequence_.value() >= first_outstanding().value() + session_window) {
        ++it;
        continue;
      }
      operation.session = session;
      operation.sequence = next_sequence_;
      outstanding_.insert(next_sequence_);
      next_sequence_ = next_sequence_.next();
    }
    it = to_send_.erase(it);
    send(id, operation, link);
  }
}

void Operations::send(OperationId id, Operation& operation, LinkId link) {
  operation.wire_id = shared_.next_wire_id();
  operation.in_flight = true;
  in_flight_.insert({operation.wire_id, id});
  watches_.on_sending(id, link, operation.wire_id);
  Bytes frame;
  if (const auto* write = std::get_if<Write>(&operation.request)) {
    const SessionStamp stamp =
        operation.sequence.is_zero() ? SessionStamp{} : SessionStamp{operation.session, operation.sequence, first_outstanding()};
    frame = shared_.encoder.write(operation.wire_id, *write, stamp);
  } else if (const auto* read = std::get_if<Read>(&operation.request)) {
    frame = shared_.encoder.read(operation.wire_id, *read);
  } else {
    frame = shared_.encoder.ask(operation.wire_id, std::get<Ask>(operation.request));
  }
  shared_.act(Send{link, std::move(frame)});
}

void Operations::on_link_lost() {
  const auto in_flight = std::exchange(in_flight_, {});
  for (const auto& [wire_id, id] : in_flight) {
    Operation& operation = operations_.at(id);
    operation.in_flight = false;
    operation.may_have_happened = true;
    if (repeatable(operation))
      to_send_.insert(id);
    else
      complete(id, fail(Errc::connection_lost, shared_.last_link_error));
  }
}

Operations::After Operations::on_reply(std::uint64_t wire_id, WireReply&& reply) {
  const auto it = in_flight_.lower_bound({wire_id, OperationId()});
  if (it == in_flight_.end() || it->first != wire_id) return After::not_ours;
  const OperationId id = it->second;
  in_flight_.erase(it);
  Operation& operation = operations_.at(id);
  operation.in_flight = false;
  if (const auto* refused = std::get_if<WireRefused>(&reply.body)) return on_refused(id, operation, *refused);
  if (auto* body = std::get_if<Reply>(&reply.body)) {
    body->header.cluster = shared_.cluster;
    complete(id, std::move(*body));
    return After::done;
  }
  complete(id, fail(Errc::malformed, "the server answered something else than was asked"));
  return After::done;
}

Operations::After Operations::on_refused(OperationId id, Operation& operation, const WireRefused& refused) {
  const Errc code = refused.error.code;
  const bool about_one_member = is_about_one_member(operation.request);
  if (worth_retrying(code) && !about_one_member) {
    retry_later(id, operation);
    return code == Errc::no_leader || code == Errc::shutting_down ? After::elsewhere : After::retry;
  }
  if (code == Errc::session_expired && !operation.sequence.is_zero()) {
    const bool earlier_try = operation.may_have_happened;
    release_sequence(operation);
    if (earlier_try) {
      complete(id, fail(Errc::unknown_outcome, "the session expired before the answer of an earlier try was heard"));
    } else {
      to_send_.insert(id);
    }
    return After::session_gone;
  }
  if (certainty(code) == Certainty::unknown && repeatable(operation) && !about_one_member) {
    operation.may_have_happened = true;
    retry_later(id, operation);
    return After::retry;
  }
  if (code == Errc::no_space && operation.may_have_happened && repeatable(operation)) {
    // Refused at the door, where the session's memory is not asked: an earlier try may have happened all the same.
    retry_later(id, operation);
    return After::retry;
  }
  complete(id, fail(refused.error));
  return After::done;
}

void Operations::retry_later(OperationId id, Operation& operation) {
  operation.not_before = shared_.now + shared_.pause(operation.refusals++);
  to_send_.insert(id);
}

/// In the order in which they were asked.
std::vector<OperationId> Operations::all() const {
  std::vector<OperationId> ids;
  ids.reserve(operations_.size());
  for (const auto& [id, operation] : operations_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

void Operations::on_session_gone(LeaseId session) {
  std::vector<OperationId> sent;
  for (const OperationId id : all()) {
    Operation& operation = operations_.at(id);
    if (operation.sequence.is_zero() || operation.session != session) continue;
    if (operation.in_flight || operation.may_have_happened)
      sent.push_back(id);
    else
      release_sequence(operation);  // it was never sent: it gets a number of the next session
  }
  for (const OperationId id : sent) complete(id, fail(Errc::unknown_outcome, "the session was lost before the answer was heard"));
}

void Operations::release_sequence(Operation& operation) {
  if (operation.sequence.is_zero()) return;
  if (operation.session == sequence_session_) outstanding_.erase(operation.sequence);
  operation.sequence = RequestSeq{};
  operation.session = LeaseId{};
}

void Operations::complete(OperationId id, Result<Reply>&& outcome) {
  const auto it = operations_.find(id);
  release_sequence(it->second);
  if (it->second.in_flight) in_flight_.erase({it->second.wire_id, id});
  deadlines_.erase({it->second.deadline, id});
  to_send_.erase(id);
  operations_.erase(it);
  const Result<std::string> made = key_made_by(outcome);
  shared_.act(Completed{id, std::move(outcome)});
  watches_.on_write_done(id, made);
}

void Operations::give_up(OperationId id, Operation& operation) {
  const bool sent = operation.in_flight || operation.may_have_happened;
  const std::string why = shared_.last_link_error.empty() ? std::string("the deadline passed") : shared_.last_link_error;
  complete(id, fail(sent ? Errc::timeout : Errc::not_sent, why));
}

void Operations::cancel(OperationId id) {
  const auto it = operations_.find(id);
  if (it == operations_.end()) return;
  const bool write = std::holds_alternative<Write>(it->second.request);
  const bool sent = it->second.in_flight || it->second.may_have_happened;
  complete(id, fail(write && sent ? Errc::unknown_outcome : Errc::cancelled, "cancelled by the program"));
}

void Operations::fail_all(const Error& error) {
  for (const OperationId id : all()) {
    const Operation& operation = operations_.at(id);
    const bool sent = operation.in_flight || operation.may_have_happened;
    complete(id, fail(sent ? Error{Errc::unknown_outcome, error.message()} : error));
  }
}

void Operations::on_time() {
  while (!deadlines_.empty() && deadlines_.front().first <= shared_.now) {
    const OperationId id = deadlines_.front().second;
    give_up(id, operations_.at(id));
  }
}

std::optional<Instant> Operations::next_deadline() const {
  std::optional<Instant> earliest;
  if (!deadlines_.empty()) earliest = deadlines_.front().first;
  for (const OperationId id : to_send_) {
    const Instant at = operations_.at(id).not_before;
    if (at > shared_.now && (!earliest || at < *earliest)) earliest = at;
  }
  return earliest;
}

}  // namespace conclave::client
