#pragma once

#include "factory.hpp"

namespace conclave::contract {

/// What every SnapshotStore promises. To be called from a test case; it has sections.
void snapshot_store_contract(const Factory& factory);

}  // namespace conclave::contract
