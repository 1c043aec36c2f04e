#pragma once

#include <stop_token>
#include <string>

#include "conclave/base/time.hpp"

namespace conclave::locksmith::daemon {

/// Writes a message to the terminal of everybody who is logged in, as utmp and systemd-logind have it, and waits for no terminal
/// that takes nothing. How many logins there are, those without a terminal included. `patience`: for logind.
[[nodiscard]] int tell_users(const std::string& message, milliseconds patience, const std::stop_token& stop);

}  // namespace conclave::locksmith::daemon
