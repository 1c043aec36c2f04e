#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conclave/recipes_core/queue.hpp"

namespace conclave::recipes::core {

inline constexpr std::uint64_t weight_max = 100;  ///< keys of one place: a transaction has room for them

struct SemaphoreView {
  std::uint64_t slots = 0;
  std::uint64_t held = 0;            ///< weights of those who hold
  std::uint64_t over_committed = 0;  ///< held beyond the slots, after they became fewer
  std::vector<Seat> holders;
  std::vector<Seat> waiters;
};

/// A queue in which as many places hold as fit into the slots. conclave/recipes/semaphore.hpp tells what it promises. A value: its
/// calls outlive it.
class Semaphore {
 public:
  /// `record`: the key of its own; `slots`: what it gets when nobody made it yet.
  Semaphore(HubPtr hub, KeeperOptions keeper, std::string record, std::string note, std::uint64_t slots)
      : hub_(std::move(hub)), keeper_(std::move(keeper)), record_(std::move(record)), note_(std::move(note)), slots_(slots) {}

  struct Held {
    PlacePtr place;                 ///< null: there was no room, and nobody waited
    std::uint64_t slots = 0;        ///< at the time
    bool before_shrinking = false;  ///< there was room before the slots became fewer: it is among the over-committed
  };
  [[nodiscard]] Task<Result<Held>> acquire(std::uint64_t weight, Call call) const { return take(*this, weight, std::move(call)); }
  [[nodiscard]] Task<Result<Held>> try_acquire(std::uint64_t weight, Call call) const {
    return take_if_room(*this, weight, std::move(call));
  }
  [[nodiscard]] Task<Result<bool>> resize(std::uint64_t slots, Call call) const {
    return change_slots(*this, slots, std::move(call));
  }
  [[nodiscard]] Task<Result<SemaphoreView>> view(Call call) const { return look(*this, std::move(call)); }

 private:
  /// How it stands at a revision.
  struct Standing {
    std::optional<SlotsRecord> record;
    Revision record_mod;
    std::uint64_t ahead = 0;  ///< keys of others, or those older than a place
    Revision revision;
  };
  struct Whole {
    std::optional<SlotsRecord> record;  ///< none: it is missing, or cannot be read
    Revision record_mod;                ///< zero: it is missing
    std::vector<Seat> seats;
    Revision revision;
  };
  [[nodiscard]] std::string directory() const { return record_ + "//"; }
  [[nodiscard]] Txn standing_query(const PlacePtr& place) const;
  [[nodiscard]] static Result<Standing> standing_in(std::vector<OpResult>& results, Revision revision);

  static Task<Result<bool>> make_record(Semaphore self, Call call);
  static Task<Result<Standing>> standing(Semaphore self, PlacePtr place, Call call);
  static Task<Result<bool>> await_change(Semaphore self, PlacePtr place, std::uint64_t weight, Standing seen, Call call);
  static Task<Result<Held>> take(Semaphore self, std::uint64_t weight, Call call);
  static Task<Result<Held>> wait_for_room(Semaphore self, PlacePtr place, std::uint64_t weight, std::optional<Standing> seen,
                                          Call call);
  static Task<Result<Held>> take_if_room(Semaphore self, std::uint64_t weight, Call call);
  static Task<Result<Whole>> whole(Semaphore self, Call call);
  static Task<Result<bool>> change_slots(Semaphore self, std::uint64_t slots, Call call);
  static Task<Result<SemaphoreView>> look(Semaphore self, Call call);

  HubPtr hub_;
  KeeperOptions keeper_;
  std::string record_;
  std::string note_;
  std::uint64_t slots_;
};

}  // namespace conclave::recipes::core
