#pragma once

#include <stdexcept>

#include "conclave/locksmith/groups.hpp"
#include "machine.hpp"

namespace conclave::test {

/// A cluster of one member and a group of one slot.
struct Bench {
  Bench() : client(cluster.client()), group(client, "web") {
    if (!group.set_max(1, "test")) throw std::runtime_error("no group can be made");
  }
  FakeMachine machine(const std::string& id, std::vector<std::string> flags = {}) {
    return {cluster, cluster.directory(), id, std::move(flags)};
  }
  [[nodiscard]] bool has_slot(const std::string& id) {
    const auto status = group.status();
    return status && slot_of(*status, id) != nullptr;
  }
  [[nodiscard]] bool waits(const std::string& id) {
    const auto status = group.status();
    return status && !status->waiters.empty() && status->waiters.front().claim.machine == id;
  }
  [[nodiscard]] locksmith::Claim by_hand() const {
    locksmith::Claim claim;
    claim.machine = "by-hand";
    claim.boot = "b";
    claim.by = "locksmithctl";
    return claim;
  }
  Cluster cluster{1};
  Client client;
  locksmith::Group group;
};

}  // namespace conclave::test
