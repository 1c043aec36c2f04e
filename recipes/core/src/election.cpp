#include "conclave/recipes_core/election.hpp"

#include <map>

namespace conclave::recipes::core {
namespace {

/// The candidates as of one revision.
struct Candidates {
  std::map<Revision, KeyValue> by_age;
  std::optional<KeyValue> told;
  bool told_once = false;

  void apply(const Event& event) {
    if (event.kind == EventKind::put) {
      if (!event.kv.value.empty()) by_age[event.kv.create_revision] = event.kv;
      return;
    }
    std::erase_if(by_age, [&](const auto& entry) { return entry.second.key == event.kv.key; });
  }
  /// Whether the leader is another than was told last, or proclaims another thing.
  [[nodiscard]] bool changed() {
    std::optional<KeyValue> now;
    if (!by_age.empty()) now = by_age.begin()->second;
    if (told_once && now == told) return false;
    told_once = true;
    told = std::move(now);
    return true;
  }
  [[nodiscard]] std::optional<Seat> leader() const { return told ? std::optional(seat_of(*told)) : std::nullopt; }
};

/// Follows the candidates until the watch ends, and says why it did.
Task<Result<Error>> follow(Store& store, std::string directory, std::shared_ptr<Candidates> candidates, Revision seen,
                           Election::OnLeader on_leader, std::shared_ptr<Signal> stop) {
  const auto ended = std::make_shared<Promise<Result<Error>>>();
  WatchOptions options;
  options.keys = Keys::prefix(std::move(directory));
  options.from = seen.next();
  const WatchHold watch(store, store.watch(std::move(options), [=](const WatchNotice& notice) {
    if (const auto* end = std::get_if<WatchEnded>(&notice)) return ended->set(end->reason);
    const auto* events = std::get_if<WatchEvents>(&notice);
    if (events == nullptr) return;
    for (const Event& event : events->events) candidates->apply(event);
    if (candidates->changed()) on_leader(candidates->leader());
  }));
  const Subscription on_stop = stop->on_raise([ended] { ended->set(fail(Errc::cancelled)); });
  if (stop->raised()) co_return fail(Errc::cancelled);
  Result<Error> end = co_await ended->wait();
  co_return end;
}

/// The leader's own key with another value; its owner and note stay as `present` has them.
Request proclamation(Guard leader, std::string_view present, std::string value) {
  Record record = record_from_json(present);
  record.value = std::move(value);
  PutOp put;
  put.key = leader.key;
  put.value = to_json(record);
  put.lease = leader.lease;
  Write write;
  write.body = std::move(put);
  write.guards.push_back(std::move(leader));
  return Request(std::move(write));
}

}  // namespace

Task<Result<bool>> Election::proclaim(PlacePtr place, std::string value, Call call) {
  auto asked = execute(place->hub().store(), proclamation(place->guard(), place->value(), std::move(value)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply && reply.error().code != Errc::outcome_forgotten) co_return fail(std::move(reply.error()));
  co_return true;
}

Task<Result<bool>> Election::proclaim_by_guard(Election self, Guard leader, std::string value, Call call) {
  if (!leader.key.starts_with(self.directory_) || leader.lease.is_zero())
    co_return fail(Errc::invalid_argument, "the guard is of no candidate of this election");
  Store& store = self.hub_->store();
  auto asked = execute(store, newest(row_of(leader.key)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* row = std::get_if<RangeResult>(&reply->body);
  if (row == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  if (row->kvs.empty()) co_return fail(Errc::fenced, "it leads no more");
  Request request = proclamation(std::move(leader), row->kvs.front().value, std::move(value));
  auto writing = execute(store, std::move(request), call);
  Result<Reply> written = co_await std::move(writing);
  if (!written && written.error().code != Errc::outcome_forgotten) co_return fail(std::move(written.error()));
  co_return true;
}

Task<Result<std::optional<Seat>>> Election::leader_of(Election self, Call call) {
  RangeOp first = rows_of(self.directory_);
  first.limit = 1;
  auto asked = execute(self.hub_->store(), newest(std::move(first)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* range = std::get_if<RangeResult>(&reply->body);
  if (range == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  std::optional<Seat> leader;
  if (!range->kvs.empty()) leader = seat_of(range->kvs.front());
  co_return leader;
}

/// Reads where things stand and follows from there; again after history was lost to compaction.
Detached Election::watch_leaders(Election self, OnLeader on_leader, std::shared_ptr<Signal> stop) {
  Store& store = self.hub_->store();
  const auto candidates = std::make_shared<Candidates>();
  Call call;
  call.stop = stop;
  while (!stop->raised()) {
    auto asked = execute(store, newest(rows_of(self.directory_)), call);
    Result<Reply> reply = co_await std::move(asked);
    if (stop->raised()) co_return;
    const auto* range = reply ? std::get_if<RangeResult>(&reply->body) : nullptr;
    if (range == nullptr) {
      on_leader(fail(reply ? Error{Errc::internal, "an answer of another kind than was asked for"} : reply.error()));
      co_return;
    }
    candidates->by_age.clear();
    for (const KeyValue& kv : range->kvs)
      if (!kv.value.empty()) candidates->by_age[kv.create_revision] = kv;
    if (candidates->changed()) on_leader(candidates->leader());
    auto following = follow(store, self.directory_, candidates, reply->header.revision, on_leader, stop);
    Result<Error> end = co_await std::move(following);
    if (!end) co_return;
    if (end->code == Errc::compacted) continue;
    on_leader(fail(*end));
    co_return;
  }
}

}  // namespace conclave::recipes::core
