#include "delayer.hpp"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include <cerrno>
#include <thread>

namespace conclave::bench {
namespace {

/// Flushes that may be delayed at the same time; more wait for these.
constexpr int threads = 16;

/// Each thread takes a flush, waits, and lets it go on; the kernel wakes one of them for each.
void serve(int listener, std::chrono::microseconds delay) {
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // nanoseconds by which a wait may be longer
  for (;;) {
    seccomp_notif flush{};  // must be zeros
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &flush) != 0) {
      if (errno == EINTR || errno == ENOENT) continue;  // who wanted to flush was killed meanwhile
      return;
    }
    std::this_thread::sleep_for(delay);
    seccomp_notif_resp go_on{};
    go_on.id = flush.id;
    go_on.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go_on);  // fails if it was killed
  }
}

}  // namespace

void delay_flushes(int listener, std::chrono::microseconds delay) {
  for (int i = 0; i < threads; ++i) std::thread(serve, listener, delay).detach();
  pollfd end{listener, 0, 0};  // only the end: POLLHUP needs not be asked for
  while ((end.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0)
    if (::poll(&end, 1, -1) < 0 && errno != EINTR) return;
}

}  // namespace conclave::bench
