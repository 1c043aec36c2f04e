#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"

/// systemd-logind, over D-Bus. Each call ends at its deadline or when `stop` is requested, whatever the bus and logind do.
namespace conclave::locksmith::daemon {

/// What came of asking for a reboot.
struct RebootAnswer {
  enum class Kind {
    accepted,  ///< the machine goes down, presently
    refused,   ///< it certainly does not
    unknown,   ///< no answer: perhaps it does
  };
  Kind kind = Kind::accepted;
  std::string detail;  ///< why not, for people
};
/// Asks for a reboot, unless something blocks shutdowns at the moment (`systemd-inhibit --what=shutdown --mode=block`): then it is
/// refused with who and why, as logind itself would let root through.
[[nodiscard]] RebootAnswer reboot_by_logind(milliseconds patience, const std::stop_token& stop);
/// The same by a command, or by logind if it is empty. A command refuses by its exit code; one that has to be stopped may have
/// asked already.
[[nodiscard]] RebootAnswer ask_to_reboot(const std::string& command, const std::map<std::string, std::string>& variables,
                                         milliseconds patience, const std::stop_token& stop);

/// Somebody who is logged in.
struct Login {
  std::string user;
  std::string terminal;  ///< such as "pts/3"; empty on a screen of their own
};
/// Sessions of people; not those of greeters and of services.
[[nodiscard]] Result<std::vector<Login>> logins_by_logind(milliseconds patience, const std::stop_token& stop);

}  // namespace conclave::locksmith::daemon
