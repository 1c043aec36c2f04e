#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/recipes_core/hub.hpp"
#include "conclave/recipes_core/waiting.hpp"

namespace conclave::recipes::core {

/// A place in a queue: one key, or as many as it weighs, made in one write under a unique name and on a lease of this client.
/// Whoever has fewer places in front than there are to give holds the thing. The place is left when this goes.
class Place {
 public:
  Place(HubPtr hub, KeptLeasePtr lease, std::string key, Revision create, std::string value);
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  [[nodiscard]] const std::string& key() const { return guard_.key; }
  /// What its key was given when it was made.
  [[nodiscard]] const std::string& value() const { return value_; }
  [[nodiscard]] const Guard& guard() const { return guard_; }
  /// Of those who come one after the other it grows strictly.
  [[nodiscard]] Revision token() const { return guard_.create_revision; }
  [[nodiscard]] const KeptLeasePtr& lease() const { return lease_; }
  /// Not given up, and its lease is certainly alive; any thread.
  [[nodiscard]] bool is_kept() const { return kept_.load() && lease_->is_alive(); }
  /// It is not kept from now on, though its keys are still there; any thread.
  void stop_keeping() { kept_ = false; }
  /// Its keys were deleted by a write of another kind.
  void mark_left() {
    stop_keeping();
    left_ = true;
  }
  [[nodiscard]] Hub& hub() { return *hub_; }

  /// One write, none if its lease was lost: then the servers remove it. If its outcome does not become known in time the place is
  /// removed in the background; it is not kept from the call on. (Static, so that the coroutine owns what it works on.)
  static Task<Result<bool>> leave(std::shared_ptr<Place> place, Call call);

 private:
  HubPtr hub_;
  KeptLeasePtr lease_;
  Guard guard_;
  std::string value_;
  std::atomic<bool> kept_{true};
  bool left_ = false;
};
using PlacePtr = std::shared_ptr<Place>;

struct PlaceRequest {
  std::string directory;      ///< the keys' common beginning; ends in '/'
  std::string value;          ///< a record, for others to read
  std::uint64_t weight = 1;   ///< keys
  std::vector<Compare> when;  ///< else no place is taken
  std::vector<Op> reads;      ///< of the store as it is before
  std::vector<Op> otherwise;  ///< reads, if a compare does not hold
  /// The wait for this turn begins with the write, without a round trip between them; `own_key` is left empty.
  std::optional<TurnOptions> turn;
  /// A place of which nobody knows whether it was taken is removed, and another one is taken under another lease meanwhile.
  bool insists = false;
};

struct Entered {
  PlacePtr place;  ///< null if a compare does not hold
  /// What the reads gave; nothing if the answer to an earlier try was not kept: then read again.
  std::vector<OpResult> reads;
  Revision revision;
  ComingTurnPtr turn;  ///< if one was asked for and there is a place
};

/// Takes a place: one write, once the client has a lease. On any error the place is not there or is being removed.
Task<Result<Entered>> enter(HubPtr hub, std::shared_ptr<Keeper> keeper, PlaceRequest request, Call call);

/// Waits until fewer than `places` keys under `prefix` are older than the place. Errors: lease_lost at once when the lease is lost
/// or the key is gone; deadline_passed, cancelled.
Task<Result<bool>> await_turn(PlacePtr place, std::string prefix, std::uint64_t places, Call call);
/// The same for a turn that enter() has asked for.
Task<Result<bool>> await_turn(PlacePtr place, ComingTurnPtr turn, Call call);

/// A read of the number of keys under `prefix`.
[[nodiscard]] RangeOp count_of(std::string prefix);
[[nodiscard]] RangeOp rows_of(std::string prefix);
[[nodiscard]] RangeOp row_of(std::string key);
[[nodiscard]] Compare no_key_under(std::string prefix);
/// A linearizable read.
[[nodiscard]] Request newest(RangeOp op);
/// The result of one operation of a transaction as T, or internal.
template <class T>
[[nodiscard]] Result<T> result_at(std::vector<OpResult>& results, std::size_t at) {
  if (at < results.size())
    if (T* const found = std::get_if<T>(&results[at].body)) return std::move(*found);
  return fail(Errc::internal, "an answer of another kind than was asked for");
}

}  // namespace conclave::recipes::core
