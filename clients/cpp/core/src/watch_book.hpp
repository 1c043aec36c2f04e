#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "shared.hpp"
#include "wire.hpp"

namespace conclave::client {

/// The program's watches across links: each is made again on a new link from the first revision it has not delivered, so that the
/// program sees every revision once, in order and whole.
class WatchBook {
 public:
  explicit WatchBook(Shared& shared) : shared_(shared) {}

  LocalWatchId add(WatchOptions options);
  LocalWatchId add_turn(TurnOptions options);
  /// Sends the cancellation if there is a link.
  void remove(LocalWatchId id, std::optional<LinkId> link, std::uint64_t wire_id);

  /// Makes what is not made on this link yet. `next_wire_id` draws ids for the requests.
  void flush(LinkId link, const std::function<std::uint64_t()>& next_wire_id);
  void on_link_lost();
  enum class After { done, elsewhere, not_ours };
  [[nodiscard]] After on_reply(std::uint64_t wire_id, const WireReply& reply);
  void on_push(EventsPush&& push);
  void on_push(const BookmarkPush& push);
  [[nodiscard]] After on_push(const WatchEndedPush& push);
  void on_push(const TurnPush& push);
  void end_all(const Error& why);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

 private:
  struct Watch {
    std::optional<TurnOptions> turn;
    WatchOptions options;
    Revision next;              ///< zero: not known yet where it starts
    std::uint64_t wire_id = 0;  ///< of the request that makes it
    WatchEvents partial;        ///< a revision that spans frames
    Instant not_before{};
    std::uint32_t refusals = 0;
  };

  using Watches = std::map<LocalWatchId, Watch>;

  void end(LocalWatchId id, Error reason, Revision oldest);
  [[nodiscard]] Watches::iterator find(std::uint64_t number, Watches::iterator near);
  void deliver_part(LocalWatchId id, Watch& watch, const EventsPush& push);
  [[nodiscard]] After make_again(LocalWatchId id, Watch& watch);

  Shared& shared_;
  std::uint64_t next_id_ = 1;
  Watches watches_;
  std::set<LocalWatchId> unmade_;  // those not asked for on the present link: what a request costs does not grow with the others
  std::map<std::uint64_t, LocalWatchId> asked_;
};

}  // namespace conclave::client
