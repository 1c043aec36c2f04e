#pragma once

#include <memory>
#include <vector>

#include "arguments.hpp"
#include "conclave/c/service.h"
#include "conclave/recipes/service.hpp"

namespace conclave::c {

/// An instance and its C view, which is what the program holds.
struct OwnedInstance : conclave_instance {
  explicit OwnedInstance(recipes::ServiceInstance instance);
  OwnedInstance(const OwnedInstance&) = delete;
  OwnedInstance& operator=(const OwnedInstance&) = delete;

  recipes::ServiceInstance source;
  std::vector<const char*> tag_texts;
  std::vector<conclave_label> labels;
};

[[nodiscard]] recipes::ServiceInstance instance_of(Arguments& in, const conclave_instance_options* given);

}  // namespace conclave::c

/// Instances and their C views.
struct conclave_instances {
  explicit conclave_instances(std::vector<conclave::recipes::ServiceInstance> all);
  std::vector<std::unique_ptr<conclave::c::OwnedInstance>> rows;
};
