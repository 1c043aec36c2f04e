#pragma once

#include <memory>

#include "conclave/recipes/work_queue.hpp"
#include "conclave/recipes_core/work_queue.hpp"
#include "run.hpp"

namespace conclave::recipes {

struct WorkItemAccess {
  [[nodiscard]] static WorkItem make(std::shared_ptr<ClientLoop> loop, core::TakenItemPtr item);
};

[[nodiscard]] inline std::chrono::system_clock::time_point people_time(std::int64_t millis) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(millis));
}

}  // namespace conclave::recipes
