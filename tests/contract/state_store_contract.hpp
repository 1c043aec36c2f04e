#pragma once

#include "factory.hpp"

namespace conclave::contract {

/// What every StateStore promises. To be called from a test case; it has sections.
void state_store_contract(const Factory& factory);

}  // namespace conclave::contract
