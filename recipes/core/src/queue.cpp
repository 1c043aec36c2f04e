#include "conclave/recipes_core/queue.hpp"

namespace conclave::recipes::core {

Seat seat_of(const KeyValue& kv) { return {kv.key, kv.create_revision, kv.lease, record_from_json(kv.value)}; }

std::vector<Seat> seats_in(const RangeResult& range) {
  std::vector<Seat> seats;
  for (const KeyValue& kv : range.kvs)
    if (!kv.value.empty()) seats.push_back(seat_of(kv));
  return seats;
}

Task<Result<std::vector<Seat>>> seats_under(HubPtr hub, std::string directory, Call call) {
  auto asked = execute(hub->store(), newest(rows_of(std::move(directory))), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* range = std::get_if<RangeResult>(&reply->body);
  if (range == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
  co_return seats_in(*range);
}

Task<Result<PlacePtr>> take_turn(HubPtr hub, KeeperOptions keeper, Queue queue, Record record, bool wait, Call call) {
  PlaceRequest request;
  request.directory = queue.enter;
  request.value = to_json(record);
  request.insists = wait;
  if (wait)
    request.reads.emplace_back(count_of(queue.before));
  else
    request.when.push_back(no_key_under(queue.before));
  if (wait && hub->was_crowded(queue.before)) request.turn = TurnOptions{queue.before, {}, 1};
  auto entering = enter(hub, hub->keeper(keeper), std::move(request), call);
  Result<Entered> entered = co_await std::move(entering);
  if (!entered) co_return fail(std::move(entered.error()));
  const PlacePtr place = entered->place;
  const auto before = result_at<RangeResult>(entered->reads, 0);
  const bool first = before && before->count == 0;
  if (wait && place) hub->note_crowd(queue.before, !first);
  if (!wait || !place || first) co_return place;
  auto waiting = entered->turn ? await_turn(place, entered->turn, call) : await_turn(place, queue.before, 1, call);
  Result<bool> turn = co_await std::move(waiting);
  if (!turn) co_return fail(std::move(turn.error()));
  co_return place;
}

Task<Result<PlacePtr>> take_if_free(HubPtr hub, KeeperOptions keeper, Queue queue, Record record, Call call) {
  auto asked = execute(hub->store(), newest(count_of(queue.before)), call);
  Result<Reply> reply = co_await std::move(asked);
  if (!reply) co_return fail(std::move(reply.error()));
  const auto* range = std::get_if<RangeResult>(&reply->body);
  if (range != nullptr && range->count > 0) co_return PlacePtr();
  auto taking = take_turn(hub, std::move(keeper), std::move(queue), std::move(record), false, call);
  Result<PlacePtr> place = co_await std::move(taking);
  co_return place;
}

}  // namespace conclave::recipes::core
