#pragma once

#include "conclave/c/queue.h"
#include "conclave/recipes/work_queue.hpp"
#include "held.hpp"

struct conclave_item : conclave::c::Held<conclave::recipes::WorkItem> {
  using Held::Held;
  conclave::Guard detached_source;
  conclave_guard detached{};  ///< into detached_source, once it was detached
};

namespace conclave::c {

/// Makes handles of items; an empty optional is CONCLAVE_HELD.
struct ToItem {
  using Made = Result<std::unique_ptr<conclave_item>>;

  [[nodiscard]] Made operator()(const Operations& operations, recipes::WorkItem item) const {
    return std::make_unique<conclave_item>(operations, std::move(item));
  }
  [[nodiscard]] Made operator()(const Operations& operations, std::optional<recipes::WorkItem> item) const {
    if (!item) return fail(held, "no item waits");
    return std::make_unique<conclave_item>(operations, std::move(*item));
  }
};

}  // namespace conclave::c
