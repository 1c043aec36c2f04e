#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes_core/place.hpp"
#include "conclave/recipes_core/record.hpp"

namespace conclave::recipes::core {

/// Who waits for a thing or holds it.
struct Seat {
  std::string key;
  Revision token;
  LeaseId lease;
  Record record;
};

/// The seats under `directory`, the oldest first; one linearizable read (a few if there are thousands).
Task<Result<std::vector<Seat>>> seats_under(HubPtr hub, std::string directory, Call call);

[[nodiscard]] Seat seat_of(const KeyValue& kv);
/// The keys of `range` that are seats, in its order.
[[nodiscard]] std::vector<Seat> seats_in(const RangeResult& range);

/// Where somebody queues up, and whose turns come before.
struct Queue {
  std::string enter;   ///< the directory of the new place
  std::string before;  ///< everything older under this prefix comes first
};

/// Takes a place and waits until nothing before it is older. `wait` false: only if nothing is there; else null, and nothing is
/// written.
Task<Result<PlacePtr>> take_turn(HubPtr hub, KeeperOptions keeper, Queue queue, Record record, bool wait, Call call);
/// First a read, so that nothing is written if something is there.
Task<Result<PlacePtr>> take_if_free(HubPtr hub, KeeperOptions keeper, Queue queue, Record record, Call call);

}  // namespace conclave::recipes::core
