#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "conclave/recipes_core/queue.hpp"

namespace conclave::recipes::core {

/// Closed while its key is there. conclave/recipes/barrier.hpp tells what these promise. Values: their calls outlive them.
class Barrier {
 public:
  Barrier(HubPtr hub, std::string key) : hub_(std::move(hub)), key_(std::move(key)) {}
  [[nodiscard]] Task<Result<bool>> close(Call call) const { return put_key(*this, std::move(call)); }
  [[nodiscard]] Task<Result<bool>> open(Call call) const { return erase_key(*this, std::move(call)); }
  [[nodiscard]] Task<Result<bool>> wait(Call call) const { return await_open(*this, std::move(call)); }

 private:
  static Task<Result<bool>> put_key(Barrier self, Call call);
  static Task<Result<bool>> erase_key(Barrier self, Call call);
  static Task<Result<bool>> await_open(Barrier self, Call call);

  HubPtr hub_;
  std::string key_;
};

/// A number in a key, as decimal text; a missing key is `initial`.
class Number {
 public:
  Number(HubPtr hub, std::string key, std::int64_t initial) : hub_(std::move(hub)), key_(std::move(key)), initial_(initial) {}
  [[nodiscard]] Task<Result<std::int64_t>> get(Call call) const { return read(*this, std::move(call)); }
  /// The number afterwards. It does not go below `floor`: what is too much is left out.
  [[nodiscard]] Task<Result<std::int64_t>> add(std::int64_t delta, std::int64_t floor, Call call) const {
    return change(*this, delta, floor, std::move(call));
  }
  [[nodiscard]] Task<Result<bool>> set(std::int64_t value, Call call) const { return write(*this, value, std::move(call)); }
  /// Waits until it is not above `value`.
  [[nodiscard]] Task<Result<bool>> await_at_most(std::int64_t value, Call call) const {
    return await(*this, value, std::move(call));
  }

 private:
  struct Seen {
    std::int64_t value = 0;
    Revision mod;       ///< zero: there is no such key
    Revision revision;  ///< of the store
  };
  static Task<Result<Seen>> look(Number self, Call call);
  static Task<Result<std::int64_t>> read(Number self, Call call);
  static Task<Result<std::int64_t>> change(Number self, std::int64_t delta, std::int64_t floor, Call call);
  static Task<Result<bool>> write(Number self, std::int64_t value, Call call);
  static Task<Result<bool>> await(Number self, std::int64_t value, Call call);

  HubPtr hub_;
  std::string key_;
  std::int64_t initial_;
};

/// Lets `parties` in together and out together.
class DoubleBarrier {
 public:
  DoubleBarrier(HubPtr hub, KeeperOptions keeper, std::string directory, std::uint64_t parties)
      : hub_(std::move(hub)), keeper_(std::move(keeper)), directory_(std::move(directory)), parties_(parties) {}
  [[nodiscard]] Task<Result<PlacePtr>> enter(Call call) const { return come_in(*this, std::move(call)); }
  /// Gives up the place and waits until everybody did.
  [[nodiscard]] Task<Result<bool>> leave(PlacePtr place, Call call) const {
    return go_out(*this, std::move(place), std::move(call));
  }

 private:
  struct Present {
    std::set<std::string> keys;
    Revision revision;
  };
  /// True once at least `parties_` are there, or nobody is, at any moment from `present` on; false if history was lost meanwhile.
  static Task<Result<bool>> await_count(DoubleBarrier self, Present present, bool all, KeptLeasePtr lease, Call call);
  static Task<Result<Present>> list(DoubleBarrier self, Call call);
  static Task<Result<PlacePtr>> come_in(DoubleBarrier self, Call call);
  static Task<Result<bool>> go_out(DoubleBarrier self, PlacePtr place, Call call);

  HubPtr hub_;
  KeeperOptions keeper_;
  std::string directory_;
  std::uint64_t parties_;
};

}  // namespace conclave::recipes::core
