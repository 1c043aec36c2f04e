#include "scheduling.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace conclave::app {
namespace {

/// In the system's measure from 0 to 19.
constexpr int nice_by = 10;

/// The kernel's own are three milliseconds, and it takes a processor away only when it looks, which may be every four.
constexpr std::uint64_t short_turn_ns = 500'000;

/// sched_setattr's argument in its first form. The C library of Debian 12 has neither the function nor the type.
struct SchedulingRequest {
  std::uint32_t size = sizeof(SchedulingRequest);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t turn_ns = 0;  // for a thread without real-time priority; 0: the kernel's own
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(SchedulingRequest) == 48);

/// Where it is not allowed, everything works as well, only slower.
void request(const SchedulingRequest& wanted) { static_cast<void>(::syscall(SYS_sched_setattr, 0, &wanted, 0)); }

int nice_now() { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); }

}  // namespace

Result<void> take_realtime_priority() {
  ::sched_param lowest{};
  lowest.sched_priority = ::sched_get_priority_min(SCHED_RR);
  if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0) return {};
  return fail(Errc::invalid_argument, "--realtime: " + std::generic_category().message(errno) +
                                          "; it needs the capability CAP_SYS_NICE, or a limit of real-time priority of 1 or more "
                                          "(ulimit -r 1, or LimitRTPRIO=1 in the systemd unit)");
}

void ask_for_short_turns() {
  constexpr std::uint64_t reset_on_fork = 1;
  SchedulingRequest wanted;
  wanted.flags = reset_on_fork;
  wanted.nice = nice_now();
  wanted.turn_ns = short_turn_ns;
  request(wanted);
}

void give_way() {
  SchedulingRequest wanted;
  wanted.policy = SCHED_BATCH;
  wanted.nice = nice_now() + nice_by;
  request(wanted);
}

}  // namespace conclave::app
