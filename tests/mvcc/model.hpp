#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "build.hpp"

/// The state machine once more, as simple as it can be said: maps that are copied. Only what the machine must agree on is modelled.
namespace conclave::mvcc::test {

struct ModelKey {
  std::string value;
  std::uint64_t create = 0;
  std::uint64_t mod = 0;
  std::uint64_t version = 0;
  LeaseId lease;
  bool operator==(const ModelKey&) const = default;
};
using ModelKeys = std::map<std::string, ModelKey>;

struct ModelLease {
  milliseconds ttl{};
  ClusterTime deadline{};
};

class Model {
 public:
  ModelKeys keys;
  std::uint64_t revision = 0;
  std::uint64_t compacted = 0;
  ClusterTime stamp{};
  std::map<LeaseId, ModelLease> leases;
  std::map<std::uint64_t, ModelKeys> past;  ///< the keys at each revision

  void advance_to(ClusterTime time) { stamp = std::max(stamp, time); }
  [[nodiscard]] bool alive(LeaseId id) const { return leases.contains(id) && leases.at(id).deadline > stamp; }
  [[nodiscard]] bool guard_holds(const Guard& guard) const;

  /// Nothing happens and false if the machine must refuse it.
  [[nodiscard]] bool run(const Op& op);
  void remove_lease(LeaseId id);

  /// What an answer must be, limits of the machine left aside.
  [[nodiscard]] std::vector<std::string> rows(const RangeOp& op, const ModelKeys& of) const;
  [[nodiscard]] static bool holds(const Compare& compare, const ModelKeys& of);

 private:
  [[nodiscard]] bool apply(const Op& op, const ModelKeys& before, std::vector<std::string>& changed);
  void commit();
};

[[nodiscard]] ModelKeys keys_in(const Machine& machine);

}  // namespace conclave::mvcc::test
