#pragma once

#include "factory.hpp"

namespace conclave::contract {

/// What every LogStore promises. To be called from a test case; it has sections.
void log_store_contract(const Factory& factory);

}  // namespace conclave::contract
