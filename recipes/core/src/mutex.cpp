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

Task<Result<PlacePtr>> Mutex::take(HubPtr hub, std::shared_ptr<Keeper> keeper, std::string directory, WhoAmI who, bool wait,
                                   Call call) {
  PlaceRequest request;
  request.directory = directory;
  request.value = to_json(Record{who.owner, who.note, hub->store().wall_millis(), 1, {}});
  if (wait)
    request.reads.emplace_back(count_of(directory));
  else
    request.when.push_back(Compare{Keys::prefix(directory), Compare::Target::existence, Compare::Relation::equal, 0, {}});
  Task<Result<Entered>> entered_task = enter(hub, keeper, std::move(request), call);
  Result<Entered> entered = co_await std::move(entered_task);
  if (!entered) co_return fail(std::move(entered.error()));
  if (!wait || !entered->place) co_return entered->place;
  const auto before = result_at<RangeResult>(entered->reads, 0);
  if (before && before->count == 0) co_return entered->place;
  const PlacePtr place = entered->place;
  Task<Result<Revision>> turn_task = await_turn(place, std::move(directory), 1, call);
  Result<Revision> turn = co_await std::move(turn_task);
  if (!turn) co_return fail(std::move(turn.error()));
  co_return place;
}

Task<Result<PlacePtr>> Mutex::take_if_free(HubPtr hub, std::shared_ptr<Keeper> keeper, std::string directory, WhoAmI who,
                                           Call call) {
  Task<Result<Reply>> reply_task = execute(hub->store(), newest(count_of(directory)), call);
  Result<Reply> reply = co_await std::move(reply_task);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* range = std::get_if<RangeResult>(&reply->body);
  if (range != nullptr && range->count > 0) co_return PlacePtr();
  Task<Result<PlacePtr>> place_task = take(hub, keeper, std::move(directory), std::move(who), false, call);
  Result<PlacePtr> place = co_await std::move(place_task);
  co_return place;
}

}  // namespace conclave::recipes::core
