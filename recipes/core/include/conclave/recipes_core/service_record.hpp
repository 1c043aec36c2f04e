#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::recipes::core {

enum class ServiceState : std::uint8_t { up, draining, unhealthy };

/// What a registered instance of a service tells of itself, as JSON. Reading takes anything: what is missing or of another type is
/// left out.
struct ServiceRecord {
  std::string address;
  std::uint16_t port = 0;
  std::uint64_t weight = 1;
  std::string version;
  std::vector<std::string> tags;
  std::map<std::string, std::string> meta;
  ServiceState state = ServiceState::up;
  std::string owner;
  std::string incarnation;  ///< of the registration: no two have the same
  std::int64_t at_millis = 0;
  bool operator==(const ServiceRecord&) const = default;
};
[[nodiscard]] std::string to_json(const ServiceRecord& record);
/// Nothing if it is no object.
[[nodiscard]] std::optional<ServiceRecord> service_from_json(std::string_view text);

}  // namespace conclave::recipes::core
