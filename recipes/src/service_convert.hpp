#pragma once

#include <utility>

#include "conclave/recipes/service.hpp"
#include "conclave/recipes_core/service_record.hpp"

namespace conclave::recipes {

[[nodiscard]] inline InstanceState state_of(core::ServiceState state) {
  switch (state) {
    case core::ServiceState::up: return InstanceState::up;
    case core::ServiceState::draining: return InstanceState::draining;
    case core::ServiceState::unhealthy: return InstanceState::unhealthy;
  }
  return InstanceState::unhealthy;
}

[[nodiscard]] inline ServiceInstance instance_of(std::string id, core::ServiceRecord record) {
  return {std::move(id),          std::move(record.address), record.port,           record.weight, std::move(record.version),
          std::move(record.tags), std::move(record.meta),    state_of(record.state)};
}

[[nodiscard]] inline core::ServiceRecord record_of(ServiceInstance instance) {
  core::ServiceRecord record;
  record.address = std::move(instance.address);
  record.port = instance.port;
  record.weight = instance.weight;
  record.version = std::move(instance.version);
  record.tags = std::move(instance.tags);
  record.meta = std::move(instance.meta);
  return record;
}

}  // namespace conclave::recipes
