#include <algorithm>
#include <set>

#include "conclave/recipes_core/place.hpp"
#include "conclave/scheduler/agent.hpp"
#include "mutants.hpp"
#include "wakener.hpp"

/// One assignment, from its acceptance to its report.
namespace conclave::scheduler {

using namespace recipes::core;

namespace {

constexpr Duration write_patience = seconds(5);
constexpr Duration pause_after_failure = milliseconds(200);

/// What is known of a job's record and of the assignment when an acceptance was refused.
struct Found {
  std::optional<JobRecord> job;
  Revision changed;
  Revision assignment;
};
Found found_in(Reply& reply) {
  Found found;
  auto* const txn = std::get_if<TxnResult>(&reply.body);
  if (txn == nullptr) return found;
  const auto job = result_at<RangeResult>(txn->results, 0);
  if (job && !job->kvs.empty()) {
    found.job = job_from_json(job->kvs.front().value);
    found.changed = job->kvs.front().mod_revision;
  }
  const auto assignment = result_at<RangeResult>(txn->results, 1);
  if (assignment && !assignment->kvs.empty()) found.assignment = assignment->kvs.front().create_revision;
  return found;
}

std::optional<Spec> spec_in(const Result<RangeResult>& range) {
  if (!range || range->kvs.empty()) return std::nullopt;
  auto spec = spec_from_json(range->kvs.front().value);
  return spec ? std::optional(std::move(*spec)) : std::nullopt;
}

}  // namespace

Detached Agent::handle(Self self, SessionPtr session, HeldPtr held) {
  auto taking = take_on(self, session, held);
  const bool taken = co_await std::move(taking);
  if (taken) {
    auto watching = watch_over(self, session, held);
    const bool ended = co_await std::move(watching);
    if (ended) {
      self->count(self->verdict(*held).phase);
      auto telling = tell(self, session, held, self->verdict(*held));
      (void)co_await std::move(telling);
    }
  }
  self->finish(held);
}

void Agent::count(Phase phase) {
  ++(phase == Phase::succeeded ? counts_.succeeded : phase == Phase::failed ? counts_.failed : counts_.cut_off);
}

void Agent::finish(const HeldPtr& held) {
  if (is_over()) return;
  held_.erase(held->seat.job);
  moved_.tell();
  announce(shared_from_this());
  reconcile();
}

/// True when it runs, or has run, here.
Task<bool> Agent::take_on(Self self, SessionPtr session, HeldPtr held) {
  if (self->executor_.state(held->run)) {
    auto adopting = adopt(self, held);
    const bool adopted = co_await std::move(adopting);
    co_return adopted;
  }
  if (mutants::start_unaccepted) self->executor_.start(self->order(*held, Spec()));
  auto accepting = accept_it(self, session, held);
  Result<Acceptance> acceptance = co_await std::move(accepting);
  if (!acceptance) co_return false;
  if (acceptance->accepted == Accepted::not_ours) self->ended_[held->seat.job] = held->seat.created;
  if (acceptance->accepted == Accepted::orphan) {
    auto waiting = wait_for_orphan(self, session, held);
    (void)co_await std::move(waiting);
    co_return false;
  }
  if (acceptance->accepted != Accepted::yes) co_return false;
  ++self->counts_.accepted;
  const Instant fence = session->lease->until() - Duration(self->options_.ttl) / 3;
  const bool too_late = self->store().now() >= fence;
  if (self->leaving_ || too_late || held->stop != Stop::none || acceptance->spec.command.empty()) {
    RunState end;
    end.agent = self->options_.name;
    end.phase = acceptance->spec.command.empty() ? Phase::failed : Phase::lost;
    end.reason = acceptance->spec.command.empty() ? "its spec is missing or not valid" : "it was not started";
    held->end = end;
    co_return true;
  }
  if (!mutants::start_unaccepted) self->executor_.start(self->order(*held, std::move(acceptance->spec)));
  co_return true;
}

/// A run is told who it is, and the assignment as a guard: a write that has it happens only as long as nobody else has the job.
RunOrder Agent::order(const Held& held, Spec spec) const {
  const std::string& job = held.seat.job;
  RunOrder order{held.run, std::move(spec), {}};
  order.env = {{"CONCLAVE_JOB", job},
               {"CONCLAVE_EPOCH", std::to_string(held.run.epoch)},
               {"CONCLAVE_AGENT", options_.name},
               {"CONCLAVE_GUARD_KEY", keys_.assign(options_.name, job)},
               {"CONCLAVE_GUARD_REVISION", to_string(held.seat.created)}};
  if (const auto dot = job.find('.'); dot != std::string::npos) order.env["CONCLAVE_INDEX"] = job.substr(dot + 1);
  return order;
}

/// It runs here since before this process: where it stands is in the store.
Task<bool> Agent::adopt(Self self, HeldPtr held) {
  while (!self->is_over()) {
    Call call{self->store().now() + write_patience, self->stop_};
    auto reading = execute(self->store(), newest(row_of(self->keys_.job(held->seat.job))), call);
    Result<Reply> read = co_await std::move(reading);
    const auto* range = read ? std::get_if<RangeResult>(&read->body) : nullptr;
    const auto record = range != nullptr && !range->kvs.empty() ? job_from_json(range->kvs.front().value) : std::nullopt;
    if (record && record->epoch == held->run.epoch && is_active(record->phase)) {
      held->seat.record = *record;
      held->seat.changed = range->kvs.front().mod_revision;
    }
    if (read) {
      const auto state = self->executor_.state(held->run);
      if (state && state->phase != Phase::running) held->end = state;
      co_return true;
    }
    auto resting = pause(self->store(), pause_after_failure, Call{Instant::max(), self->stop_});
    (void)co_await std::move(resting);
  }
  co_return false;
}

Task<Result<Agent::Acceptance>> Agent::accept_it(Self self, SessionPtr session, HeldPtr held) {
  // An earlier try that was not answered is told by its time from what this agent accepted in another life, perhaps elsewhere.
  std::set<std::int64_t> tried;
  while (!self->is_over()) {
    Call call{self->store().now() + write_patience, self->stop_};
    const std::int64_t now = self->store().wall_millis();
    tried.insert(now);
    Write write = accept(self->keys_, session->guard, held->seat, now);
    auto asking = execute(self->store(), std::move(write), call);
    Result<Reply> reply = co_await std::move(asking);
    Acceptance acceptance;
    if (reply) {
      const auto held_true = succeeded(*reply);
      bool is_ours = held_true && *held_true;
      const Found found = is_ours ? Found() : found_in(*reply);
      if (!is_ours && found.assignment == held->seat.created && found.job && found.job->epoch == held->run.epoch) {
        is_ours = found.job->phase == Phase::accepted && tried.contains(found.job->changed_ms);
        if (!is_ours) acceptance.accepted = Accepted::orphan;
        if (!is_ours) co_return acceptance;
      }
      if (!is_ours) acceptance.accepted = Accepted::not_ours;
      if (!is_ours) co_return acceptance;
      acceptance.accepted = Accepted::yes;
      held->seat.record.phase = Phase::accepted;
      held->seat.changed = found.changed.is_zero() ? reply->header.revision : found.changed;
      auto* const txn = std::get_if<TxnResult>(&reply->body);
      auto spec =
          txn != nullptr && txn->succeeded ? spec_in(result_at<RangeResult>(txn->results, accept_spec_result)) : std::nullopt;
      if (!spec) {
        auto reading = execute(self->store(), newest(row_of(self->keys_.spec(spec_of(held->seat.job)))), call);
        Result<Reply> read = co_await std::move(reading);
        const auto* range = read ? std::get_if<RangeResult>(&read->body) : nullptr;
        if (range != nullptr) spec = spec_in(*range);
      }
      if (spec) acceptance.spec = std::move(*spec);
      co_return acceptance;
    }
    if (reply.error().code == Errc::fenced) {
      ++self->counts_.refused;
      session->lease->declare_lost();
      co_return fail(std::move(reply.error()));
    }
    if (!session->lease->is_alive()) co_return fail(lease_lost);
    auto resting = pause(self->store(), pause_after_failure, Call{Instant::max(), self->stop_});
    (void)co_await std::move(resting);
  }
  co_return fail(Errc::shutting_down);
}

/// Somebody of this name accepted it and this process does not run it. It may still run elsewhere until the fence there falls.
Task<bool> Agent::wait_for_orphan(Self self, SessionPtr session, HeldPtr held) {
  const Instant until = session->since + Duration(self->options_.ttl);
  while (self->store().now() < until && !self->is_over() && held->there && !mutants::orphan_at_once) {
    auto waiting = await_change(self, held, until);
    (void)co_await std::move(waiting);
  }
  if (self->is_over() || !held->there) co_return false;
  auto adopting = adopt(self, held);
  const bool read = co_await std::move(adopting);
  if (!read) co_return false;
  RunState end;
  end.agent = self->options_.name;
  end.phase = held->stop == Stop::cancel ? Phase::cancelled : Phase::lost;
  end.reason = "the agent knows nothing of it any more";
  auto telling = tell(self, session, held, end);
  (void)co_await std::move(telling);
  co_return true;
}

/// Until its end, which is true; or until somebody else may have it.
Task<bool> Agent::watch_over(Self self, SessionPtr session, HeldPtr held) {
  Instant next_word = self->store().now() + self->options_.report_running_after;
  bool is_stopped = false;
  std::uint64_t told_bytes = 0;
  while (!held->end) {
    if (self->is_over()) co_return false;
    if (!held->there) {
      self->executor_.forget(held->run);
      ++self->counts_.refused;
      co_return false;
    }
    if (held->stop != Stop::none && !is_stopped) {
      is_stopped = true;
      self->executor_.stop(held->run);
    }
    const auto state = self->executor_.state(held->run);
    const bool is_time = self->store().now() >= next_word;
    if (is_time) next_word = self->store().now() + self->options_.progress_every;
    if (is_time && state && state->phase == Phase::running && session->lease->is_alive() &&
        (held->seat.record.phase != Phase::running || state->output_bytes != told_bytes)) {
      told_bytes = state->output_bytes;
      auto telling = tell_progress(self, session, held, *state);
      (void)co_await std::move(telling);
      continue;
    }
    auto waiting = await_change(self, held, next_word);
    (void)co_await std::move(waiting);
  }
  co_return true;
}

Task<bool> Agent::await_change(Self self, HeldPtr held, Instant until) {
  Wakener wakener(self->store(), until);
  const Subscription on_change = held->changed.add(wakener.wake());
  const Subscription on_stop = self->stop_->on_raise(wakener.wake());
  if (!held->end && !self->is_over()) co_await wakener.woken();
  co_return true;
}

Task<bool> Agent::tell_progress(Self self, SessionPtr session, HeldPtr held, RunRecord run) {
  run.agent = self->options_.name;
  Call call{self->store().now() + write_patience, self->stop_};
  Write write = progress(self->keys_, session->guard, held->seat, run, self->store().wall_millis());
  auto asking = execute(self->store(), std::move(write), call);
  Result<Reply> reply = co_await std::move(asking);
  // If it was refused, an earlier try that was not answered made it run; or the assignment is gone, which the report will hear.
  if (reply) held->seat.record.phase = Phase::running;
  if (!reply && reply.error().code == Errc::fenced) session->lease->declare_lost();
  co_return reply.has_value();
}

RunRecord Agent::verdict(const Held& held) const {
  RunRecord run = *held.end;
  run.agent = options_.name;
  if (run.ended_ms == 0) run.ended_ms = store().wall_millis();
  if (run.phase == Phase::succeeded || held.stop == Stop::none) return run;
  run.phase = held.stop == Stop::cancel ? Phase::cancelled : Phase::lost;
  if (!held.reason.empty()) run.reason = held.reason;
  return run;
}

/// Says what came of it, again until it is known to be said or refused. The guard is that of the session it was accepted in: what
/// ended after the lease did is refused, and counted.
Task<bool> Agent::tell(Self self, SessionPtr session, HeldPtr held, RunRecord run) {
  bool was_sent = false;
  while (!self->is_over()) {
    Call call{self->store().now() + write_patience, self->stop_};
    Write write = report(self->keys_, session->guard, held->seat, run, self->store().wall_millis());
    auto asking = execute(self->store(), std::move(write), call);
    Result<Reply> reply = co_await std::move(asking);
    if (reply || reply.error().code == Errc::fenced) {
      const bool counts = reply && succeeded(*reply).value_or(false);
      // Refused after a try that was not answered: that try may have been the one that counted.
      if (counts || was_sent) ++self->counts_.reported;
      if (!counts && !was_sent) ++self->counts_.refused;
      if (reply) self->ended_[held->seat.job] = held->seat.created;
      if (!reply) session->lease->declare_lost();
      self->executor_.forget(held->run);
      co_return counts;
    }
    was_sent = was_sent || reply.error().certainty() == Certainty::unknown;
    auto resting = pause(self->store(), pause_after_failure, Call{Instant::max(), self->stop_});
    (void)co_await std::move(resting);
  }
  co_return false;
}

}  // namespace conclave::scheduler
