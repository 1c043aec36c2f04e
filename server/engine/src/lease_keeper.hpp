#pragma once

#include <optional>
#include <set>
#include <vector>

#include "cluster_clock.hpp"
#include "context.hpp"
#include "proposals.hpp"

namespace conclave::engine {

/// The leader's care for leases: it drives the cluster's clock, writes time entries while leases exist, and proposes the removal of
/// dead leases at a bounded rate. Every member: coalesces renewals. One goes at once if none is under way; those that come
/// meanwhile are one command, which goes when the one before is back, or after some tens of milliseconds.
class LeaseKeeper {
 public:
  LeaseKeeper(Context& context, Proposals& proposals);

  void on_leader_changed();
  void on_tick();
  void on_applied_stamp(ClusterTime stamp);
  void renew(ConnectionId connection, RequestId request, const std::string& identity, std::vector<LeaseId> ids);

  /// Advances the clock. `stalled`: this pass came so late that frames may wait in the sockets; nothing is expired before they are
  /// read.
  void advance(bool stalled);
  void flush_renewals();
  /// The stamp for an entry proposed now.
  [[nodiscard]] ClusterTime time() const { return clock_.running() ? clock_.time() : known(); }
  [[nodiscard]] std::optional<Instant> next_deadline() const;

 private:
  struct Renewal {
    ConnectionId connection;
    RequestId request;
    std::vector<LeaseId> ids;
  };

  [[nodiscard]] ClusterTime known() const;
  void expire_due();
  void write_time_if_due();

  Context& context_;
  Proposals& proposals_;
  ClusterClock clock_;
  bool expiring_ = false;  ///< one expire command at a time
  Instant next_expiry_{};
  Instant next_time_entry_{};
  bool stamp_first_ = false;                              ///< a new leader stamps an early entry
  std::map<std::string, std::vector<Renewal>> renewals_;  ///< by identity: a command has one
  std::size_t renewal_ids_ = 0;
  std::size_t renewals_under_way_ = 0;  ///< commands of them
  std::optional<Instant> renewals_due_;
};

}  // namespace conclave::engine
