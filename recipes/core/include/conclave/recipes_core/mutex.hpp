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

struct WhoAmI {
  std::string owner;
  std::string note;
};

/// The queue of a mutex; conclave/recipes/mutex.hpp tells what it promises. The object must outlive its calls' starts only.
class Mutex {
 public:
  Mutex(HubPtr hub, std::shared_ptr<Keeper> keeper, std::string directory, WhoAmI who)
      : hub_(std::move(hub)), keeper_(std::move(keeper)), directory_(std::move(directory)), who_(std::move(who)) {}

  [[nodiscard]] Task<Result<PlacePtr>> lock(Call call) const {
    return take(hub_, keeper_, directory_, who_, true, std::move(call));
  }
  /// Null if it is held or waited for; then nothing was written.
  [[nodiscard]] Task<Result<PlacePtr>> try_lock(Call call) const {
    return take_if_free(hub_, keeper_, directory_, who_, std::move(call));
  }
  [[nodiscard]] Task<Result<std::vector<Seat>>> seats(Call call) const { return seats_under(hub_, directory_, std::move(call)); }

 private:
  static Task<Result<PlacePtr>> take(HubPtr hub, std::shared_ptr<Keeper> keeper, std::string directory, WhoAmI who, bool wait,
                                     Call call);
  static Task<Result<PlacePtr>> take_if_free(HubPtr hub, std::shared_ptr<Keeper> keeper, std::string directory, WhoAmI who,
                                             Call call);

  HubPtr hub_;
  std::shared_ptr<Keeper> keeper_;
  std::string directory_;
  WhoAmI who_;
};

}  // namespace conclave::recipes::core
