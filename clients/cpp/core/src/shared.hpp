#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "conclave/client/session_core.hpp"
#include "wire.hpp"

namespace conclave::client {

/// What the parts of one SessionCore share.
struct Shared {
  SessionOptions options;
  Prng prng;
  Instant now;
  std::vector<Action> actions;
  Encoder encoder;
  ClusterId cluster;
  std::string last_link_error;
  std::uint64_t features = 0;  ///< of the serving link
  std::uint64_t wire_ids = 0;

  /// The id of a request on the wire; never used again.
  [[nodiscard]] std::uint64_t next_wire_id() { return ++wire_ids; }

  /// A pause that doubles with every step, between half of it and the whole.
  [[nodiscard]] Duration pause(std::uint32_t step) {
    const Duration whole = std::min(options.backoff_max, options.backoff_min * (std::int64_t{1} << std::min(step, 10U)));
    return prng.between(whole / 2, whole);
  }

  template <class One>
  void act(One&& action) {
    actions.emplace_back(std::forward<One>(action));
  }
};

}  // namespace conclave::client
