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

/// The queue of a mutex; conclave/recipes/mutex.hpp tells what it promises. A value: its calls outlive it.
class Mutex {
 public:
  /// `keeper.owner` is shown to others, beside the lease and in the queue.
  Mutex(HubPtr hub, KeeperOptions keeper, std::string directory, std::string note)
      : hub_(std::move(hub)), keeper_(std::move(keeper)), directory_(std::move(directory)), note_(std::move(note)) {}

  [[nodiscard]] Task<Result<PlacePtr>> lock(Call call) const { return take(*this, true, std::move(call)); }
  /// Null if it is held or waited for; then nothing was written.
  [[nodiscard]] Task<Result<PlacePtr>> try_lock(Call call) const { return take_if_free(*this, std::move(call)); }
  [[nodiscard]] Task<Result<std::vector<Seat>>> seats(Call call) const { return seats_under(hub_, directory_, std::move(call)); }

 private:
  static Task<Result<PlacePtr>> take(Mutex self, bool wait, Call call);
  static Task<Result<PlacePtr>> take_if_free(Mutex self, Call call);

  HubPtr hub_;
  KeeperOptions keeper_;
  std::string directory_;
  std::string note_;
};

}  // namespace conclave::recipes::core
