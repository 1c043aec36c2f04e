#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "conclave/client/session_core.hpp"

namespace conclave::client {

/// The client's half of leases (architecture, section 5): renew every TTL/5; in jeopardy at TTL/2; lost at TTL x (1 - 2 rho) - 50
/// ms after the last acknowledged renewal was *sent*. That deadline lies before the server can give the thing to another as long as
/// clocks drift apart by no more than rho. A call costs what has become due, however many leases there are.
class LeaseWatch {
 public:
  explicit LeaseWatch(std::uint32_t drift_ppm) : drift_ppm_(drift_ppm) {}

  /// `ttl`: for how long each renewal counts. It may be less than the lease has at the servers: then the lease is lost here so much
  /// earlier than there.
  void add(LeaseId lease, std::chrono::milliseconds ttl, Instant sent);
  void remove(LeaseId lease);
  /// Leases whose renewal is due; they are marked as sent now.
  [[nodiscard]] std::vector<LeaseId> take_due(Instant now);
  /// The renewal that was sent at `sent` was acknowledged with this TTL; zero: the server has no such lease.
  void on_renewed(LeaseId lease, std::chrono::milliseconds ttl, Instant sent);
  /// The renewal failed or its link broke: due again at once.
  void on_renewal_failed(LeaseId lease, Instant now);
  /// Changes of health since the last call. A lost lease stays lost and is renewed no more.
  [[nodiscard]] std::vector<LeaseTold> take_news(Instant now);
  /// Leases whose deadline() may have grown since the last call.
  [[nodiscard]] std::vector<LeaseId> take_extended() { return std::exchange(extended_, {}); }
  [[nodiscard]] std::optional<LeaseHealth> health(LeaseId lease, Instant now) const;
  [[nodiscard]] std::optional<Instant> deadline(LeaseId lease) const;
  [[nodiscard]] std::optional<Instant> next_deadline() const;

 private:
  struct Entry {
    std::chrono::milliseconds ttl{};
    Instant acknowledged;  ///< when the last acknowledged renewal (or the grant) was sent
    Instant next_renewal;
    LeaseHealth told = LeaseHealth::alive;
    bool lost = false;
    std::optional<Instant> wake{};  ///< its place in wakes_
  };
  [[nodiscard]] Instant lost_at(const Entry& entry) const;
  [[nodiscard]] LeaseHealth judge(const Entry& entry, Instant now) const;

  /// Takes it out of wakes_ and puts it back where it is to be looked at again.
  void set_wake(LeaseId lease, Entry& entry);
  /// Those to be looked at by now, ascending.
  [[nodiscard]] std::vector<LeaseId> reached(Instant now) const;

  std::uint32_t drift_ppm_;
  std::map<LeaseId, Entry> leases_;
  std::set<std::pair<Instant, LeaseId>> wakes_;
  std::vector<LeaseId> touched_;   // renewed, or known to be gone: their health may have changed
  std::vector<LeaseId> extended_;  // see take_extended()
};

}  // namespace conclave::client
