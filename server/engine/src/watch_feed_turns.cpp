#include <utility>

#include "watch_feed.hpp"

/// The turn watches of a WatchFeed.
namespace conclave::engine {

void WatchFeed::create_turn(ConnectionId id, RequestId request, const TurnWatch& create) {
  Connection& connection = connections_[id];
  if (!may_add(connection, request, id, create.id)) return;
  if (!turns_.accepts(create.spec, *context_.machine))
    return context_.refuse(id, request, Errc::too_large, "too many keys under the prefix for a turn watch");
  const mvcc::TurnId turn(next_turn_++);
  connection.turns[create.id] = turn;
  turn_owners_[turn] = {id, create.id};
  ++watch_count_;
  context_.reply(id, request, WatchCreated{context_.machine->revision()});
  fire(turns_.add(turn, create.spec, *context_.machine));
}

void WatchFeed::plan_turn(ConnectionId id, RequestId request, const TurnWatch& watch) {
  Connection& connection = connections_[id];
  if (!may_add(connection, request, id, watch.id)) return;
  if (!plans_.try_emplace({id, watch.with}, watch.id).second)
    return context_.refuse(id, request, Errc::invalid_argument, "another watch waits for request " + to_string(watch.with));
  connection.planned[watch.id] = {request, watch};
  ++watch_count_;
}

void WatchFeed::on_write_done(ConnectionId id, RequestId write, const mvcc::ResponseBody& outcome) {
  const auto plan = plans_.find({id, write});
  if (plan == plans_.end()) return;
  Connection& connection = connections_.at(id);
  PlannedTurn planned = std::move(connection.planned.extract(plan->second).mapped());
  plans_.erase(plan);
  --watch_count_;
  if (const auto* refused = std::get_if<mvcc::Refused>(&outcome))
    return context_.refuse(id, planned.request, refused->code, refused->context);
  std::string& own_key = planned.watch.spec.own_key;
  if (const auto* put = std::get_if<mvcc::PutResult>(&outcome); put != nullptr && own_key.empty()) own_key = put->key;
  if (own_key.empty())
    return context_.refuse(id, planned.request, Errc::invalid_argument, "the write completed no key of a sequence");
  create_turn(id, planned.request, planned.watch);
}

void WatchFeed::cancel_turn(ConnectionId id, Connection& connection, WatchId watch) {
  if (const auto turn = connection.turns.find(watch); turn != connection.turns.end()) {
    turns_.remove(turn->second);
    turn_owners_.erase(turn->second);
    connection.turns.erase(turn);
    --watch_count_;
  } else if (const auto planned = connection.planned.find(watch); planned != connection.planned.end()) {
    context_.refuse(id, planned->second.request, Errc::cancelled);
    plans_.erase({id, planned->second.watch.with});
    connection.planned.erase(planned);
    --watch_count_;
  }
}

/// Of a connection that is gone.
void WatchFeed::forget_turns(ConnectionId id, const Connection& connection) {
  for (const auto& [watch_id, turn] : connection.turns) {
    turns_.remove(turn);
    turn_owners_.erase(turn);
  }
  for (const auto& [watch_id, planned] : connection.planned) plans_.erase({id, planned.watch.with});
  watch_count_ -= connection.turns.size() + connection.planned.size();
}

bool WatchFeed::fire_turns(const std::vector<mvcc::EventBatchPtr>& batches) {
  bool any = false;
  for (const auto& batch : batches) {
    const auto fired = turns_.on_events(*batch, *context_.machine);
    any = any || !fired.empty();
    fire(fired);
  }
  return any;
}

void WatchFeed::fire(const std::vector<mvcc::TurnFired>& fired) {
  for (const mvcc::TurnFired& turn : fired) {
    const auto owner = turn_owners_.find(turn.id);
    if (owner == turn_owners_.end()) continue;
    const Key key = owner->second;
    turn_owners_.erase(owner);
    connections_.at(key.first).turns.erase(key.second);
    --watch_count_;
    ++context_.counters.turns_fired;
    context_.ports.clients.push_turn(key.first, key.second, turn);
  }
}

}  // namespace conclave::engine
