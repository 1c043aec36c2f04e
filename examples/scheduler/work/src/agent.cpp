#include "conclave/scheduler/agent.hpp"

#include <algorithm>
#include <utility>

#include "conclave/recipes_core/place.hpp"
#include "mutants.hpp"
#include "wakener.hpp"

namespace conclave::scheduler {

using namespace recipes::core;

namespace {

constexpr Duration write_patience = seconds(5);
constexpr Duration pause_after_failure = milliseconds(200);

}  // namespace

Agent::Agent(HubPtr hub, Keys keys, AgentOptions options, Executor& executor)
    : hub_(std::move(hub)),
      keys_(std::move(keys)),
      options_(std::move(options)),
      executor_(executor),
      keeper_(hub_->keeper({options_.ttl, "agent " + options_.name})),
      view_(std::make_shared<View>(hub_->store(), keys_.assignments(options_.name))) {
  options_.record.incarnation = std::to_string(store().random());
  options_.record.since_ms = store().wall_millis();
}

void Agent::start() {
  executor_.listen([weak = weak_from_this()](const RunId& run, const RunState& end) {
    const auto self = weak.lock();
    if (!self) return;
    const auto found = self->held_.find(run.job);
    if (found == self->held_.end() || found->second->run != run) return;  // whoever takes it over asks for its state
    found->second->end = end;
    found->second->changed.tell();
  });
  on_view_ = view_->on_change([weak = weak_from_this()](const MirrorChange&) {
    if (const auto self = weak.lock()) self->reconcile();
  });
  view_->start();
  run(shared_from_this());
}

void Agent::stop() {
  stop_->raise();
  view_->stop();
  on_view_.end();
}

AgentRecord Agent::wanted() const {
  AgentRecord record = options_.record;
  record.leaving = leaving_;
  return record;
}

Detached Agent::run(Self self) {
  const Call call{Instant::max(), self->stop_};
  while (!self->stop_->raised() && !self->store().is_closed() && !self->replaced_) {
    auto enrolling = enroll(self);
    Result<SessionPtr> session = co_await std::move(enrolling);
    if (session) {
      ++self->counts_.sessions;
      self->session_ = *session;
      auto serving = serve(self, *session);
      (void)co_await std::move(serving);
      self->session_.reset();
      self->moved_.tell();
    }
    if (self->stop_->raised()) co_return;
    auto resting = pause(self->store(), pause_after_failure, call);
    (void)co_await std::move(resting);
  }
}

/// Hangs the agent's key on a new lease. A process that begins takes the name from whoever had it; one that lost its lease takes it
/// again only if nobody else did.
Task<Result<Agent::SessionPtr>> Agent::enroll(Self self) {
  Store& store = self->store();
  Call call{store.now() + write_patience, std::make_shared<Signal>()};
  const Subscription on_stop = self->stop_->on_raise([stop = call.stop] { stop->raise(); });
  auto granting = self->keeper_->lease(call);
  Result<KeptLeasePtr> lease = co_await std::move(granting);
  if (!lease) co_return fail(std::move(lease.error()));
  self->keeper_->retire(*lease);  // this session's alone
  const std::string key = self->keys_.agent(self->options_.name);
  PutOp put;
  put.key = key;
  put.value = to_json(self->wanted());
  put.lease = (*lease)->id();
  Txn txn;
  if (!self->first_) txn.when(Compare::missing(key));
  txn.then(std::move(put)).otherwise(row_of(key));
  auto putting = execute(store, Write{std::move(txn), {}}, call);
  Result<Reply> done = co_await std::move(putting);
  if (!done && done.error().code != Errc::outcome_forgotten) co_return fail(std::move(done.error()));
  auto reading = execute(store, newest(row_of(key)), call);
  Result<Reply> read = co_await std::move(reading);
  if (!read) co_return fail(std::move(read.error()));
  const auto* range = std::get_if<RangeResult>(&read->body);
  if (range == nullptr || range->kvs.empty()) co_return fail(Errc::unknown_outcome, "the registration did not come to be");
  const KeyValue& kv = range->kvs.front();
  if (kv.lease != (*lease)->id()) {
    const auto other = agent_from_json(kv.value);
    // Its own key of a lease that ends soon, or another process's.
    self->replaced_ = !other || other->incarnation != self->options_.record.incarnation;
    co_return fail(Errc::already_exists, "the name is taken");
  }
  auto remembering = remember(self, call);
  Result<bool> remembered = co_await std::move(remembering);
  if (!remembered) co_return fail(std::move(remembered.error()));
  self->first_ = false;
  auto session = std::make_shared<Session>();
  session->lease = *lease;
  session->guard = {(*lease)->id(), key, kv.create_revision};
  session->registered = read->header.revision;
  session->since = store.now();
  co_return session;
}

/// Somebody else put the agent's key, or removed it.
void Agent::heard(const WatchNotice& notice, const SessionPtr& session) {
  const auto* events = std::get_if<WatchEvents>(&notice);
  if (events == nullptr) return;
  for (const Event& event : events->events) {
    if (event.kind == EventKind::put && event.kv.lease == session->lease->id()) continue;
    const auto other = event.kind == EventKind::put ? agent_from_json(event.kv.value) : std::nullopt;
    if (event.kind == EventKind::put) replaced_ = !other || other->incarnation != options_.record.incarnation;
    session->lease->declare_lost();
  }
}

/// How often earlier processes of this name were refused. They are replaced by now: none of them can add to it any more.
Task<Result<bool>> Agent::remember(Self self, Call call) {
  if (self->refused_before_) co_return true;
  auto reading = execute(self->store(), newest(row_of(self->keys_.refused(self->options_.name))), std::move(call));
  Result<Reply> read = co_await std::move(reading);
  if (!read) co_return fail(std::move(read.error()));
  const auto* range = std::get_if<RangeResult>(&read->body);
  const auto before = range != nullptr && !range->kvs.empty() ? refused_from_json(range->kvs.front().value) : std::nullopt;
  self->refused_before_ = before ? before->reports : 0;
  co_return true;
}

/// Shows others how often it was refused, again until it is said or the session ends. What is not said then is said in the next.
Detached Agent::announce(Self self) {
  if (std::exchange(self->announcing_, true)) co_return;
  while (const SessionPtr session = self->session_) {
    if (self->announced_ == self->counts_.refused || !session->lease->is_alive() || self->is_over()) break;
    auto telling = tell_refused(self, session, Call{self->store().now() + write_patience, self->stop_});
    Result<bool> told = co_await std::move(telling);
    if (told) continue;
    if (told.error().code == Errc::fenced) break;
    auto resting = pause(self->store(), pause_after_failure, Call{Instant::max(), self->stop_});
    (void)co_await std::move(resting);
  }
  self->announcing_ = false;
}

/// The guard makes this process the only one that writes the number; so it is put as a whole, and saying it twice does no harm.
Task<Result<bool>> Agent::tell_refused(Self self, SessionPtr session, Call call) {
  const std::uint64_t refused = self->counts_.refused;
  PutOp put;
  put.key = self->keys_.refused(self->options_.name);
  put.value = to_json(RefusedRecord{self->refused_before_.value_or(0) + refused, self->store().wall_millis()});
  auto putting = execute(self->store(), Write{std::move(put), {session->guard}}, std::move(call));
  Result<Reply> done = co_await std::move(putting);
  if (!done) co_return fail(std::move(done.error()));
  self->announced_ = refused;
  co_return true;
}

/// What runs may go on until a third of a TTL before the lease can end, and dies then by itself.
void Agent::keep_fence(const Session& session) {
  const Duration margin = mutants::outlive_the_lease ? -Duration(options_.ttl) : Duration(options_.ttl) / 3;
  if (session.lease->is_alive()) executor_.live_until(session.lease->until() - margin);
}

Task<Result<bool>> Agent::serve(Self self, SessionPtr session) {
  Store& store = self->store();
  WatchOptions own;
  own.keys = conclave::Keys::one(session->guard.key);
  own.from = session->registered.next();
  const WatchHold watch(store, store.watch(std::move(own), [weak = self->weak_from_this(), session](const WatchNotice& notice) {
    if (const auto agent = weak.lock()) agent->heard(notice, session);
  }));
  self->keep_fence(*session);
  self->moved_.tell();
  announce(self);
  self->reconcile();
  while (session->lease->is_alive() && !self->stop_->raised() && !store.is_closed() && !self->replaced_) {
    self->keep_fence(*session);
    Wakener wakener(store, store.now() + Duration(self->options_.ttl) / 20);
    const Subscription on_lost = session->lease->lost().on_raise(wakener.wake());
    const Subscription on_stop = self->stop_->on_raise(wakener.wake());
    if (session->lease->lost().raised()) break;
    co_await wakener.woken();
  }
  // What still runs would die by itself; sooner is better.
  if (self->stop_->raised() || store.is_closed()) co_return true;
  ++self->counts_.fenced;
  for (const RunId& run : self->executor_.runs()) self->executor_.stop(run);
  co_return true;
}

/// The assignments as the view has them: new ones are taken care of, each by a coroutine of its own.
void Agent::reconcile() {
  if (!view_->confirmed_at()) return;
  const MirrorState state = view_->mirror().state();
  const std::string prefix = keys_.assignments(options_.name);
  look_at_held(state);
  std::erase_if(ended_, [&](const auto& entry) {
    const auto row = state.keys->find(prefix + entry.first);
    return row == state.keys->end() || row->second.create_revision != entry.second;
  });
  if (!session_ || !session_->lease->is_alive() || is_over()) return;
  forget_strays(state);
  for (const auto& [key, kv] : *state.keys) {
    const std::string job = key.substr(prefix.size());
    const auto record = assign_from_json(kv.value);
    const auto ended = ended_.find(job);
    if (!record || held_.contains(job) || (ended != ended_.end() && ended->second == kv.create_revision)) continue;
    auto held = std::make_shared<Held>();
    held->seat = {options_.name, job, kv.create_revision, record->job, kv.create_revision};
    held->run = {job, record->job.epoch};
    held->stop = record->stop;
    held->reason = record->reason;
    held_[job] = held;
    handle(shared_from_this(), session_, held);
  }
}

/// What became of the assignments that are taken care of.
void Agent::look_at_held(const MirrorState& state) {
  const auto all = held_;  // who is told may end
  for (const auto& [job, held] : all) {
    const auto row = state.keys->find(keys_.assignments(options_.name) + job);
    const bool same = row != state.keys->end() && row->second.create_revision == held->seat.created;
    const auto record = same ? assign_from_json(row->second.value) : std::nullopt;
    held->there = record.has_value();
    if (record && held->stop == Stop::none) {
      held->stop = record->stop;
      held->reason = record->reason;
    }
    if (!record || record->stop != Stop::none) held->changed.tell();
  }
}

/// What runs here and is not assigned here any more.
void Agent::forget_strays(const MirrorState& state) {
  for (const RunId& run : executor_.runs()) {
    if (held_.contains(run.job)) continue;
    const auto row = state.keys->find(keys_.assignments(options_.name) + run.job);
    const auto record = row == state.keys->end() ? std::nullopt : assign_from_json(row->second.value);
    if (!record || record->job.epoch != run.epoch) executor_.forget(run);
  }
}

Task<Result<bool>> Agent::leave_in_order(Self self, Duration within, Call call) {
  self->leaving_ = true;
  if (const SessionPtr session = self->session_) {
    PutOp put;
    put.key = session->guard.key;
    put.value = to_json(self->wanted());
    put.lease = session->lease->id();
    auto putting = execute(self->store(), Write{std::move(put), {session->guard}}, call);
    (void)co_await std::move(putting);
  }
  const Instant until = self->store().now() + within;
  bool given_back = false;
  while (!self->held_.empty() && self->session_ && self->store().now() < call.deadline && !self->is_over() &&
         !call.stop->raised()) {
    const bool is_time = self->store().now() >= until;
    if (is_time && !given_back) {
      given_back = true;
      const auto all = self->held_;
      for (const auto& [job, held] : all) {
        if (held->stop == Stop::none) held->reason = "the agent is leaving";
        if (held->stop == Stop::none) held->stop = Stop::give_back;
        held->changed.tell();
      }
    }
    Wakener wakener(self->store(), is_time ? call.deadline : std::min(until, call.deadline));
    const Subscription on_move = self->moved_.add(wakener.wake());
    const Subscription on_stop = call.stop->on_raise(wakener.wake());
    if (!self->held_.empty()) co_await wakener.woken();
  }
  const bool all_told = self->held_.empty();
  const SessionPtr session = self->session_;
  if (session && self->announced_ != self->counts_.refused) {
    auto telling = tell_refused(self, session, call);
    (void)co_await std::move(telling);
  }
  self->stop();
  if (!session) co_return all_told;
  auto revoking = execute(self->store(), Write{Write::LeaseRevoke{session->lease->id()}, {}}, call);
  Result<Reply> revoked = co_await std::move(revoking);
  co_return all_told&& revoked.has_value();
}

}  // namespace conclave::scheduler
