#include "apply_run.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "mutants.hpp"
#include "op_run.hpp"
#include "validate.hpp"

namespace conclave::mvcc {
namespace {

constexpr std::size_t expected_max = 64;  // their slots and values stay in the nearer caches

Refused refused(const Error& error) { return {error.code, error.context, {}}; }

/// What a session keeps of an outcome.
Response worth_keeping(const Response& response, std::size_t bytes_max) {
  if (response.refused() || size_of(response) <= bytes_max) return response;
  const auto* txn = std::get_if<TxnResult>(&response.body);
  return {response.revision, AppliedEarlier{txn == nullptr || txn->succeeded}};
}

}  // namespace

/// Only the memory is touched: what a command finds is decided when it is its turn.
void ApplyRun::expect_keys(std::span<const Command> commands) const {
  std::array<ByteView, expected_max> keys;
  std::size_t count = 0;
  for (const Command& command : commands) {
    const auto* op = std::get_if<Op>(&command.body);
    const auto* put = op == nullptr ? nullptr : std::get_if<PutOp>(&op->body);
    if (put != nullptr) keys[count++] = put->key;
  }
  state_.kv.keys().expect({keys.data(), count}, KeyIndex::Use::change);
}

ApplyResult ApplyRun::run(const Batch& batch) {
  state_.meta.stamp = std::max(state_.meta.stamp, batch.stamp);
  result_.responses.reserve(batch.commands.size());
  for (const Command& each : batch.commands) {
    if (position_ % expected_max == 0) {
      const auto rest = batch.commands.subspan(position_);
      expect_keys(rest.first(std::min(rest.size(), expected_max)));
    }
    result_.responses.push_back(command(each, batch.version));
    ++position_;
  }
  state_.meta.applied = index_;
  state_.meta.applied_term = term_;
  write_lease_rows();
  if (!result_.events.empty()) result_.delta.changes.emplace_back(HistoryRow{result_.events.back()->revision, result_.events});
  state_.window.shrink_to(state_.config.history_window_bytes);
  result_.delta.meta = state_.meta;
  return std::move(result_);
}

Response ApplyRun::command(const Command& command, MachineVersion version) {
  if (const auto* undecodable = std::get_if<Undecodable>(&command.body))
    return *refusal(undecodable->code, "the request does not decode");
  if (version > state_.meta.machine_version) {
    return *refusal(Errc::unsupported,
                    "a batch of machine version " + to_string(version) + "; in force is " + to_string(state_.meta.machine_version));
  }
  return command.envelope.session.is_zero() ? execute(command) : in_session(command);
}

Response ApplyRun::in_session(const Command& command) {
  if (const ResponsePtr answer = answer_of_session(command.envelope)) return *answer;
  Response response = execute(command);
  remember(command.envelope, response);
  return response;
}

ResponsePtr ApplyRun::answer_of_session(const Envelope& envelope) {
  const LeaseId id = envelope.session;
  const LeaseTable::Lease* lease = state_.leases.find(id);
  if (lease == nullptr || !lease->row().session) return refusal(Errc::session_expired, "no session " + to_string(id));
  if (!lease->alive_at(state_.meta.stamp)) return refusal(Errc::session_expired, "session " + to_string(id) + " is dead");

  const RequestSeq sequence = envelope.sequence;
  const RequestSeq first = std::max({lease->row().first_outstanding, envelope.first_outstanding, RequestSeq(1)});
  if (sequence < first && !mutants::execute_stale) {
    return refusal(Errc::stale_sequence, "sequence " + to_string(sequence) + "; the first outstanding is " + to_string(first));
  }
  if (ResponsePtr known = state_.sessions.outcome(id, sequence); known && !mutants::reexecute_repeat) return known;
  if (sequence >= first && sequence.minus(first) >= state_.config.limits.session_window) {
    return refusal(Errc::sequence_window, "sequence " + to_string(sequence) + "; allowed are " + to_string(first) + " and the " +
                                              std::to_string(state_.config.limits.session_window - 1) + " above");
  }
  if (first != lease->row().first_outstanding) {
    for (const RequestSeq gone : state_.sessions.forget_below(id, first))
      result_.delta.changes.emplace_back(OutcomeErase{id, gone});
    state_.leases.set_first_outstanding(id, first);
    leases_changed_.push_back(id);
  }
  return nullptr;
}

void ApplyRun::remember(const Envelope& envelope, const Response& response) {
  // Gone: the request has closed its own session.
  const LeaseTable::Lease* lease = state_.leases.find(envelope.session);
  if (lease == nullptr || envelope.sequence < lease->row().first_outstanding) return;
  auto kept = std::make_shared<const Response>(worth_keeping(response, state_.config.limits.outcome_bytes_max));
  state_.sessions.remember(envelope.session, envelope.sequence, kept);
  result_.delta.changes.emplace_back(OutcomeRow{envelope.session, envelope.sequence, std::move(kept)});
}

ResponsePtr ApplyRun::refusal(Errc code, std::string context) const {
  return std::make_shared<const Response>(Response{state_.meta.revision, Refused{code, std::move(context), {}}});
}

Response ApplyRun::execute(const Command& command) {
  if (auto valid = validate(command.guards, state_.config.limits); !valid.has_value()) {
    return {state_.meta.revision, refused(valid.error())};
  }
  for (const Guard& guard : command.guards) {
    if (auto held = check_guard(state_, guard); !held.has_value()) return {state_.meta.revision, refused(held.error())};
  }
  Result<ResponseBody> done = std::visit([this](const auto& each) { return body(each); }, command.body);
  if (!done.has_value()) return {state_.meta.revision, refused(done.error())};
  return {state_.meta.revision, std::move(*done)};
}

Result<ResponseBody> ApplyRun::body(const Op& op) {
  const Limits& limits = state_.config.limits;
  if (auto valid = validate(op, limits); !valid.has_value()) return fail(valid.error());
  KvChange change(state_.kv, state_.leases, limits, state_.meta.revision.next());
  Result<OpResult> result = OpRun(change, state_.leases, limits, state_.meta.stamp).run(op);
  if (!result.has_value()) return fail(result.error());
  if (change.grows() && state_.kv.data_bytes() > limits.quota_bytes) {
    return fail(Errc::no_space, "the data would take " + std::to_string(state_.kv.data_bytes()) + " bytes; the quota is " +
                                    std::to_string(limits.quota_bytes));
  }
  finish(change);
  return std::visit([](auto&& each) { return ResponseBody(std::forward<decltype(each)>(each)); }, std::move(result->body));
}

void ApplyRun::finish(KvChange& change) {
  if (change.empty()) return;
  auto batch = std::make_shared<EventBatch>();
  batch->revision = change.revision();
  batch->events = change.take_events();
  for (const Event& event : batch->events) {
    if (event.kind == EventKind::put) {
      result_.delta.changes.emplace_back(KeyRow{event.kv});
    } else {
      result_.delta.changes.emplace_back(KeyErase{std::string(event.kv->key())});
    }
  }
  state_.meta.revision = batch->revision;
  state_.window.push(batch);
  result_.events.push_back(std::move(batch));
}

Result<ResponseBody> ApplyRun::body(const Compact& compact) {
  if (compact.revision > state_.meta.revision) {
    return fail(Errc::future_revision,
                "revision " + to_string(compact.revision) + "; the newest is " + to_string(state_.meta.revision));
  }
  if (compact.revision > state_.meta.compacted) {
    state_.meta.compacted = compact.revision;
    state_.window.drop_below(compact.revision);
    result_.delta.changes.emplace_back(HistoryErase{compact.revision});
  }
  return Compacted{state_.meta.compacted};
}

Result<ResponseBody> ApplyRun::body(const SetMachineVersion& set) {
  if (set.version < state_.meta.machine_version) {
    return fail(Errc::invalid_argument,
                "machine version " + to_string(set.version) + "; in force is " + to_string(state_.meta.machine_version));
  }
  state_.meta.machine_version = set.version;
  return Done{};
}

Result<ResponseBody> ApplyRun::body(const Undecodable& undecodable) { return fail(undecodable.code); }

}  // namespace conclave::mvcc
