#pragma once

#include <vector>

#include "fleet.hpp"

namespace conclave::bench {

/// Opens --idle-watches watches, each on a key of its own that nobody writes, and waits until the server has confirmed all. They
/// end when the vector goes; the fleet must outlive it.
[[nodiscard]] Result<std::vector<Watch>> open_idle_watches(Fleet& fleet, const Options& options);

}  // namespace conclave::bench
