#pragma once

#include "factory.hpp"

namespace conclave::contract {

/// WiredTiger stores on a scratch directory. A crash leaves the files as they are while the process still has them open.
[[nodiscard]] std::unique_ptr<Medium> make_wired_tiger_medium();

}  // namespace conclave::contract
