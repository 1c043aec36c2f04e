#include "engine/workload.hpp"

namespace conclave::sim {
namespace {

constexpr std::size_t watches_max = 3;

test::SeenRow row_of(const Reply& reply) {
  const auto* range = std::get_if<RangeResult>(&reply.body);
  if (range == nullptr || range->kvs.empty()) return {};
  return {range->kvs.front().value, range->kvs.front().mod_revision};
}

}  // namespace

Workload::Workload(EngineWorld& shared, SimClient& client, test::History& history)
    : shared_(shared), client_(client), history_(history), prng_(shared.world.stream(5000 + client.endpoint())) {
  client_.on_crash = [this] { restarted(); };
}

void Workload::start() { later(); }

void Workload::restarted() {
  ++lives_;
  watches_.clear();
  locks_ = 0;
}

void Workload::later() {
  shared_.world.after(prng_.between(Duration(0), shared_.swarm.work_interval * 6), "work", [this] {
    if (stopped_) return;
    step();
    later();
  });
}

std::string Workload::value() { return "c" + std::to_string(client_.endpoint()) + "-" + std::to_string(++values_); }
std::string Workload::any_key() { return "r" + std::to_string(prng_.below(4)); }

void Workload::step() {
  // A write without effect on an empty store is answered with revision zero, which means "not told".
  const auto pick = shared_.store.reference().empty() ? 0 : prng_.below(100);
  if (pick < 30) return put();
  if (pick < 40) return get();
  if (pick < 44) return get_stale();
  if (pick < 48) return get_all();
  if (pick < 52) return read_old();
  if (pick < 58) return erase();
  if (pick < 72) return swap();
  if (pick < 75) return compact();
  if (pick < 82) return watch_something();
  if (pick < 99) return lock();
  if (prng_.chance(1, 8)) client_.crash();
}

void Workload::record(test::Action action, Request request, std::function<test::Answer(const Reply&)> read_answer) {
  const auto number = history_.invoke(client_.endpoint(), moment(), std::move(action));
  client_.submit(std::move(request), prng_.between(milliseconds(200), seconds(6)),
                 [this, number, answer = std::move(read_answer)](const Result<Reply>& outcome) {
                   if (outcome) {
                     if (std::holds_alternative<AppliedEarlier>(outcome->body)) return history_.lose(number);
                     return history_.succeed(number, moment(), answer(*outcome));
                   }
                   if (outcome.error().certainty() == Certainty::definite)
                     history_.fail(number, moment());
                   else
                     history_.lose(number);
                 });
}

void Workload::put() {
  const std::string key = any_key();
  const std::string text = value();
  PutOp op;
  op.key = key;
  op.value = text;
  record(test::put(key, text), Write{op, {}}, [this, key](const Reply& reply) {
    seen_[key] = reply.header.revision;
    return test::Answer{reply.header.revision, true, {}};
  });
}

void Workload::get() {
  const std::string key = any_key();
  RangeOp op;
  op.keys = Keys::one(key);
  Read request;
  request.query = op;
  record(test::get(key), request, [this, key](const Reply& reply) {
    const test::SeenRow row = row_of(reply);
    seen_[key] = row.mod;
    return test::Answer{reply.header.revision, true, {row}};
  });
}

/// A read that a member answers from what it has, whatever its age, or once it has come to a revision.
void Workload::get_stale() {
  const std::string key = any_key();
  RangeOp op;
  op.keys = Keys::one(key);
  Read request;
  request.query = op;
  const Revision newest(shared_.store.reference().size());
  const bool waits = prng_.chance(1, 2);
  request.consistency = waits ? Consistency::at_least_revision : Consistency::serializable;
  if (waits) request.revision = newest;
  test::Action action = test::get(key);
  action.stale_allowed = true;
  record(std::move(action), request, [waits, newest](const Reply& reply) {
    require(!waits || reply.header.revision >= newest,
            [] { return std::string("a read is answered below the revision it asked for"); });
    return test::Answer{reply.header.revision, true, {row_of(reply)}};
  });
}

void Workload::get_all() {
  std::vector<std::string> keys;
  Txn txn;
  for (int i = 0; i < 4; ++i) {
    keys.push_back("r" + std::to_string(i));
    RangeOp op;
    op.keys = Keys::one(keys.back());
    txn.then(op);
  }
  Read request;
  request.query = txn;
  record(test::get_all(keys), request, [](const Reply& reply) {
    test::Answer answer{reply.header.revision, true, {}};
    for (const auto& result : std::get<TxnResult>(reply.body).results) {
      const auto& range = std::get<RangeResult>(result.body);
      answer.rows.push_back(range.kvs.empty() ? test::SeenRow{}
                                              : test::SeenRow{range.kvs.front().value, range.kvs.front().mod_revision});
    }
    return answer;
  });
}

/// A view of the past, which may lie below the history in memory.
void Workload::read_old() {
  RangeOp op;
  op.keys = Keys::prefix("r");
  op.at = Revision(1 + prng_.below(shared_.store.reference().size()));
  Read request;
  request.query = op;
  client_.submit(request, seconds(3), [this, at = op.at](const Result<Reply>& outcome) {
    if (!outcome) return;
    const auto rows = shared_.store.rows_at("r", at);
    const auto& kvs = std::get<RangeResult>(outcome->body).kvs;
    bool same = kvs.size() == rows.size();
    for (const auto& kv : kvs) {
      const auto row = rows.find(kv.key);
      same =
          same && row != rows.end() && row->second == test::WatchedRow{kv.value, kv.create_revision, kv.mod_revision, kv.version};
    }
    require(same, [&] { return "a read at revision " + to_string(at) + " shows another state than there was"; });
  });
}

void Workload::erase() {
  const std::string key = any_key();
  DeleteOp op;
  op.keys = Keys::one(key);
  record(test::erase(key), Write{op, {}}, [](const Reply& reply) { return test::Answer{reply.header.revision, true, {}}; });
}

void Workload::swap() {
  const std::string key = any_key();
  const std::string text = value();
  const Revision expected = seen_[key];
  PutOp op;
  op.key = key;
  op.value = text;
  Txn txn;
  txn.when(Compare::mod_revision_is(key, expected)).then(op);
  record(test::swap_revision(key, expected, text), Write{txn, {}}, [](const Reply& reply) {
    return test::Answer{reply.header.revision, std::get<TxnResult>(reply.body).succeeded, {}};
  });
}

void Workload::compact() {
  const std::uint64_t revision = shared_.store.reference().size();
  if (revision < 4) return;
  Write::Compact op{Revision(revision - prng_.below(std::min<std::uint64_t>(revision - 1, 12)))};
  client_.submit(Write{op, {}}, seconds(3), [](const Result<Reply>&) {});
}

// --- Watches
// ------------------------------------------------------------------------------------------------------------------------

void Workload::watch_something() {
  if (watches_.size() >= watches_max && prng_.chance(1, 2)) {
    Watch& old = watches_.front();
    if (!old.ended) client_.unwatch(old.id);
    old.ended = true;
    return;
  }
  std::size_t live = 0;
  for (const auto& watch : watches_) live += watch.ended ? 0U : 1U;
  if (live >= watches_max) return;
  WatchOptions options;
  options.keys = prng_.chance(1, 2) ? Keys::all() : Keys::prefix(prng_.chance(1, 2) ? "r" : "lock/");
  options.no_put = prng_.chance(1, 10);
  options.no_delete = !options.no_put && prng_.chance(1, 10);
  options.want_previous = prng_.chance(1, 2);
  options.keys_only = prng_.chance(1, 8);
  const std::uint64_t newest = shared_.store.reference().size();
  options.from = Revision(1 + (prng_.chance(1, 2) ? newest : prng_.below(newest + 1)));
  test::WatchRequest request;
  request.selects = [prefix = options.keys.begin](std::string_view key) { return key.starts_with(prefix); };
  request.no_put = options.no_put;
  request.no_delete = options.no_delete;
  request.want_previous = options.want_previous;
  request.keys_only = options.keys_only;
  request.from = options.from;
  const std::size_t place = watches_.size();
  watches_.push_back(
      {std::make_unique<test::WatchChecker>(std::move(request), shared_.store.reference()), {}, options, false, true});
  const auto id = client_.watch(options, [this, place, life = lives_](const WatchNotice& told) {
    if (life == lives_) notice(place, told);
  });
  watches_[place].id = id;
}

void Workload::notice(std::size_t place, const WatchNotice& notice) {
  Watch& watch = watches_[place];
  if (watch.ended) return;
  if (const auto* events = std::get_if<WatchEvents>(&notice)) {
    std::vector<test::WatchedEvent> seen;
    for (const auto& event : events->events) {
      test::WatchedEvent one;
      one.key = event.kv.key;
      one.deleted = event.kind == EventKind::erase;
      one.row = {event.kv.value, event.kv.create_revision, event.kv.mod_revision, event.kv.version};
      if (event.previous)
        one.previous = test::WatchedRow{event.previous->value, event.previous->create_revision, event.previous->mod_revision,
                                        event.previous->version};
      seen.push_back(std::move(one));
    }
    watch.checker->received(events->revision, seen);
  } else if (const auto* progress = std::get_if<WatchProgress>(&notice)) {
    watch.checker->bookmark(progress->revision);
  } else if (const auto* ended = std::get_if<WatchEnded>(&notice)) {
    watch.ended = true;
    if (ended->reason.code == Errc::compacted) watch.checker->compacted(ended->oldest);
  }
  const auto& verdict = watch.checker->verdict();
  require(!verdict.is_violated(), [&] { return "a watch of client " + std::to_string(client_.endpoint()) + ": " + verdict.why; });
}

bool Workload::watched_up_to(Revision revision) const {
  for (const auto& watch : watches_)
    if (!watch.ended && watch.checker->next() <= revision) return false;
  return true;
}

void Workload::judge(Revision revision) const {
  for (const auto& watch : watches_) {
    if (watch.ended) continue;
    watch.checker->expect_all_up_to(revision);
    const auto& verdict = watch.checker->verdict();
    require(!verdict.is_violated(), [&] { return "a watch of client " + std::to_string(client_.endpoint()) + ": " + verdict.why; });
  }
}

// --- The end
// ------------------------------------------------------------------------------------------------------------------------

void Workload::prove_life() {
  const std::string key = "life" + std::to_string(client_.endpoint());
  const std::string text = value();
  PutOp op;
  op.key = key;
  op.value = text;
  const auto number = history_.invoke(client_.endpoint(), moment(), test::put(key, text));
  client_.submit(Write{op, {}}, seconds(30), [this, number](const Result<Reply>& outcome) {
    if (!outcome) {
      history_.lose(number);
      throw Violation("liveness: client " + std::to_string(client_.endpoint()) +
                      " cannot write to a healed cluster: " + outcome.error().message());
    }
    history_.succeed(number, moment(), {outcome->header.revision, true, {}});
    alive_ = true;
  });
}

}  // namespace conclave::sim
