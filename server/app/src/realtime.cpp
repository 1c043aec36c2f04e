#include "realtime.hpp"

#include <sched.h>

#include <cerrno>
#include <system_error>

namespace conclave::app {

Result<void> take_realtime_priority() {
  ::sched_param lowest{};
  lowest.sched_priority = ::sched_get_priority_min(SCHED_RR);
  if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0) return {};
  return fail(Errc::invalid_argument, "--realtime: " + std::generic_category().message(errno) +
                                          "; it needs the capability CAP_SYS_NICE, or a limit of real-time priority of 1 or more "
                                          "(ulimit -r 1, or LimitRTPRIO=1 in the systemd unit)");
}

}  // namespace conclave::app
