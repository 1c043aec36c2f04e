#pragma once

#include <map>
#include <string>

#include "engine/store_oracle.hpp"
#include "locksmith/sim_machine.hpp"

namespace conclave::sim {

/// Holds everything that happened to a group against its rules: at no revision are more slots given than the policy had then, nor
/// one while it was paused or rested, nor two to a machine; and each slot that was given back by a daemon was one that it was
/// allowed to give back so. Throws Violation.
void judge_locksmith(const StoreOracle& store, const std::string& group, const std::map<std::string, SimMachine*>& machines);

}  // namespace conclave::sim
