#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conclave/base/ids.hpp"
#include "conclave/base/time.hpp"
#include "conclave/test/verdict.hpp"

namespace conclave::test {

/// One key of one revision, as far as leases go.
struct LeasedChange {
  enum class Kind { put, deleted, lease_expired, lease_revoked };
  std::string key;
  Kind kind = Kind::put;
  LeaseId lease;  ///< put: what the key hangs on now; zero: on none
};

struct LeasedRevision {
  Revision revision;
  ClusterTime stamp;  ///< of the entry that made it
  std::vector<LeasedChange> changes;
};

/// Checks leases against what the store did. Everything is in cluster time, which the caller takes from the entries' stamps. The
/// rules:
/// - a lease does not end before its TTL after its grant and after each renewal that was acknowledged, unless its end was asked
/// for;
/// - nothing is acknowledged for a lease that has ended: no renewal, no key;
/// - a lease and all its keys vanish in one revision, and no other key does;
/// - a lease that nobody renews ends (only if expect_ended() is asked).
/// Facts may be given in any order, but revisions ascending; verdict() judges what was given so far.
class LeaseChecker {
 public:
  /// `at`: the stamp of the entry that did it.
  void granted(LeaseId lease, milliseconds ttl, ClusterTime at);
  void renewed(LeaseId lease, ClusterTime at);
  /// A client asked for the lease's end, with whatever outcome: it may end from this time on.
  void end_requested(LeaseId lease, ClusterTime at);
  void changed(const LeasedRevision& revision);
  /// The lease is gone. `revision`: of its keys' deletion; zero if it had none.
  void ended(LeaseId lease, ClusterTime at, Revision revision);

  /// The first rule broken, in no particular order of time.
  [[nodiscard]] Verdict verdict() const;
  /// In addition: each lease whose last possible deadline lies more than `slack` before `now` has ended. Only right if every
  /// renewal, also those that were not acknowledged, was given to renewed().
  [[nodiscard]] Verdict expect_ended(ClusterTime now, milliseconds slack) const;

 private:
  struct End {
    ClusterTime at;
    Revision revision;
  };
  struct Lease {
    milliseconds ttl{};
    std::optional<ClusterTime> granted;
    std::set<ClusterTime> renewals;
    std::optional<ClusterTime> end_requested;
    std::optional<End> end;
    std::map<std::string, Revision> keys;  // that hang on it, since when
  };

  void fail(const std::string& why);
  void attach(const LeasedRevision& revision, const LeasedChange& change);
  void detach(const std::string& key);
  void check_vanished(const LeasedRevision& revision);
  [[nodiscard]] std::string check(LeaseId id, const Lease& lease) const;

  std::map<LeaseId, Lease> leases_;
  std::map<std::string, LeaseId> lease_of_;
  std::map<LeaseId, Revision> vanished_;  // when a lease's keys were deleted for its end
  std::map<LeaseId, ClusterTime> vanished_at_;
  Revision last_;
  Verdict verdict_;
};

}  // namespace conclave::test
