#pragma once

#include <string>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/client.hpp"
#include "conclave/http/options.hpp"

namespace conclave::locksmith::fleetlock {

struct Options {
  ClientOptions client;
  http::Options http;
  std::vector<std::string> groups;          ///< that are served; none: any
  bool match_common_name = false;           ///< a machine's id must be the common name in its certificate
  std::chrono::milliseconds queue_time{0};  ///< how long a request may wait for a slot
  std::chrono::milliseconds store_timeout{10'000};
};

/// What the program is to do: go on with options, or end with this code after help or an error was printed.
struct Parsed {
  std::optional<Options> options;
  int exit_code = 0;
};
/// Flags go before the environment (LOCKSMITH_FLEETLOCK_ and the flag in capitals), that before the file of --config.
[[nodiscard]] Parsed parse_options(int argc, const char* const* argv);

}  // namespace conclave::locksmith::fleetlock
