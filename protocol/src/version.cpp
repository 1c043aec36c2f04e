#include "conclave/protocol/version.hpp"

#include <algorithm>
#include <string>

namespace conclave::protocol {

Result<std::uint16_t> choose_version(std::uint16_t other_min, std::uint16_t other_max) {
  if (other_min > other_max) return fail(Errc::malformed, "a version range that is empty");
  if (other_max < version_min || other_min > version_max) {
    return fail(Errc::version_mismatch, "the other side speaks protocol versions " + std::to_string(other_min) + " to " +
                                            std::to_string(other_max) + ", this one " + std::to_string(version_min) + " to " +
                                            std::to_string(version_max));
  }
  return std::min(other_max, version_max);
}

}  // namespace conclave::protocol
