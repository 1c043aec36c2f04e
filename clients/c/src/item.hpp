#pragma once

#include "conclave/c/queue.h"
#include "conclave/recipes/work_queue.hpp"
#include "held.hpp"

struct conclave_item : conclave::c::Held<conclave::recipes::WorkItem> {
  using Held::Held;
};

namespace conclave::c {

/// Makes handles of items; an empty optional is CONCLAVE_HELD.
struct ToItem {
  std::shared_ptr<Operations> operations;

  [[nodiscard]] Result<std::unique_ptr<conclave_item>> operator()(Result<recipes::WorkItem> outcome) const {
    if (!outcome) return fail(std::move(outcome.error()));
    return std::make_unique<conclave_item>(*operations, std::move(*outcome));
  }
  [[nodiscard]] Result<std::unique_ptr<conclave_item>> operator()(Result<std::optional<recipes::WorkItem>> outcome) const {
    if (!outcome) return fail(std::move(outcome.error()));
    if (!*outcome) return fail(held, "no item waits");
    return std::make_unique<conclave_item>(*operations, std::move(**outcome));
  }
};

}  // namespace conclave::c
