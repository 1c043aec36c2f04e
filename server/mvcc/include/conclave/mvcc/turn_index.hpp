#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conclave/mvcc/key_value.hpp"

namespace conclave::mvcc {

class Machine;
using TurnId = StrongId<struct TurnIdTag>;

/// Keys under a prefix beyond which nobody may begin to wait there: the first to wait reads them all.
inline constexpr std::size_t turn_keys_max = 100'000;

/// Fires once: when fewer than `places` keys under `prefix` are older (smaller create revision) than `own_key`, or `own_key` is gone
/// (or has another create revision than at the start).
struct TurnSpec {
  std::string prefix;
  std::string own_key;
  std::uint64_t places = 1;
};
struct TurnFired {
  TurnId id;
  Revision revision;   ///< of the store when it fired
  bool gone = false;   ///< the key is gone: it will never be its turn
  std::uint64_t ahead = 0;
  bool operator==(const TurnFired&) const = default;
};

/// Turn watches (architecture, section 8): what fair locks (places = 1) and semaphores wait on. Evaluated after every applied batch; the
/// cost depends on the events under watched prefixes and the turns that fire, not on how many wait: per prefix the keys are held in
/// the order of their create revision, so a departure at the front wakes only those it concerns. Not thread-safe.
class TurnIndex {
 public:
  TurnIndex();
  ~TurnIndex();

  /// False if nobody waits under the prefix yet and it has more than turn_keys_max keys: refuse the watch with Errc::too_large.
  [[nodiscard]] bool accepts(const TurnSpec& spec, const Machine& machine) const;
  /// True if others wait under the prefix, the own key is there and it is not its turn: add() would fire nothing for it. Reads no keys
  /// but its own. False says nothing.
  [[nodiscard]] bool queues(const TurnSpec& spec, const Machine& machine) const;
  /// Whether somebody waits under a prefix of `key`: one that is made now has others before it.
  [[nodiscard]] bool is_waited_for(ByteView key) const;
  /// Registers, or fires at once (then nothing stays registered). The id must not be in use. If `machine` is ahead of the events given
  /// to on_events(), others that wait under the same prefix may fire here already.
  [[nodiscard]] std::vector<TurnFired> add(TurnId id, const TurnSpec& spec, const Machine& machine);
  /// Does nothing if the id is not registered, for example because it fired.
  void remove(TurnId id);
  /// After apply, for every batch, in order: `batch` is in `machine` already. The fired turns are removed. Ascending by id.
  [[nodiscard]] std::vector<TurnFired> on_events(const EventBatch& batch, const Machine& machine);
  /// After a snapshot install: everything is evaluated anew.
  [[nodiscard]] std::vector<TurnFired> reevaluate(const Machine& machine);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::mvcc
