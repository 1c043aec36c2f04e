#pragma once

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
  /// `with`: a write under way that it begins with; zero: at once.
  LocalWatchId add_turn(TurnOptions options, OperationId with);
  /// Sends the cancellation if the watch was asked for on the present link.
  void remove(LocalWatchId id);

  /// Makes what is not made on this link yet.
  void flush(LinkId link);
  void on_link_lost();
  /// A request leaves on `link` as `wire_id`: the watch that begins with it goes first.
  void on_sending(OperationId operation, LinkId link, std::uint64_t wire_id);
  /// `made`: the key that a sequence put completed, else empty; why the write failed.
  void on_write_done(OperationId operation, const Result<std::string>& made);
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
    Revision next;               ///< zero: not known yet where it starts
    std::uint64_t wire_id = 0;   ///< of the request that makes it
    OperationId with;            ///< it begins when that write is done; zero: it may begin
    std::optional<LinkId> link;  ///< where it was asked for; nothing: it has to be
    WatchEvents partial;         ///< a revision that spans frames
    Instant not_before{};
    std::uint32_t refusals = 0;
  };

  using Watches = std::map<LocalWatchId, Watch>;

  void ask(LocalWatchId id, Watch& watch, LinkId link, std::uint64_t with);
  void take_back(const Watch& watch, LocalWatchId id);
  void end(LocalWatchId id, Error reason, Revision oldest);
  [[nodiscard]] Watches::iterator find(std::uint64_t number, Watches::iterator near);
  void deliver_part(LocalWatchId id, Watch& watch, const EventsPush& push);
  [[nodiscard]] After make_again(LocalWatchId id, Watch& watch);

  Shared& shared_;
  std::uint64_t next_id_ = 1;
  Watches watches_;
  std::set<LocalWatchId> unmade_;  // those not asked for on the present link: what a request costs does not grow with the others
  std::map<std::uint64_t, LocalWatchId> asked_;
  std::map<OperationId, LocalWatchId> beginning_;  // with a write that is under way
};

}  // namespace conclave::client
