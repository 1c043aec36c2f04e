#include "conclave/recipes_core/mutex.hpp"

namespace conclave::recipes::core {

Task<Result<std::vector<Seat>>> seats_under(HubPtr hub, std::string directory, Call call) {
  std::vector<Seat> seats;
  Task<Result<Reply>> reply_task = execute(hub->store(), newest(rows_of(std::move(directory))), call);
  Result<Reply> reply = co_await std::move(reply_task);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* range = std::get_if<RangeResult>(&reply->body);
  if (range == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  for (const KeyValue& kv : range->kvs)
    if (!kv.value.empty()) seats.push_back({kv.key, kv.create_revision, kv.lease, record_from_json(kv.value)});
  co_return seats;
}

Task<Result<PlacePtr>> Mutex::take(Mutex self, bool wait, Call call) {
  Store& store = self.hub_->store();
  PlaceRequest request;
  request.directory = self.directory_;
  request.value = to_json(Record{self.keeper_.owner, self.note_, store.wall_millis(), 1, {}});
  if (wait)
    request.reads.emplace_back(count_of(self.directory_));
  else
    request.when.push_back(no_key_under(self.directory_));
  auto entering = enter(self.hub_, self.hub_->keeper(self.keeper_), std::move(request), call);
  Result<Entered> entered = co_await std::move(entering);
  if (!entered) co_return fail(std::move(entered.error()));
  const PlacePtr place = entered->place;
  const auto before = result_at<RangeResult>(entered->reads, 0);
  const bool first = before && before->count == 0;
  if (!wait || !place || first) co_return place;
  auto waiting = await_turn(place, self.directory_, 1, call);
  Result<Revision> turn = co_await std::move(waiting);
  if (!turn) co_return fail(std::move(turn.error()));
  co_return place;
}

Task<Result<PlacePtr>> Mutex::take_if_free(Mutex self, Call call) {
  auto asked = execute(self.hub_->store(), newest(count_of(self.directory_)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* range = std::get_if<RangeResult>(&reply->body);
  if (range != nullptr && range->count > 0) co_return PlacePtr();
  auto taking = take(self, false, call);
  Result<PlacePtr> place = co_await std::move(taking);
  co_return place;
}

}  // namespace conclave::recipes::core
