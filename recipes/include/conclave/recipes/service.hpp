#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace conclave::recipes {

enum class InstanceState : std::uint8_t {
  up,
  draining,   ///< finishes what it has; nothing new should be sent to it
  unhealthy,  ///< says so itself, or did not say otherwise in time
};

/// An instance of a service, as others see it.
struct ServiceInstance {
  std::string id{};  ///< unique in the service; no slashes. Empty when registering: one is made up
  std::string address{};
  std::uint16_t port = 0;
  std::uint64_t weight = 1;  ///< its share among those that are chosen by weight; 0: it is not chosen
  std::string version{};
  std::vector<std::string> tags{};
  std::map<std::string, std::string> meta{};
  InstanceState state = InstanceState::up;  ///< not looked at when registering
  bool operator==(const ServiceInstance&) const = default;
};

}  // namespace conclave::recipes
