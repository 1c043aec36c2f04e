#include "events.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace conclave::ctl {

Events::Events() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&set, signal);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  woken_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  sigaddset(&set, SIGTTOU);  // giving the terminal to a command and taking it back is to go on in the background, too
  if (signals_ < 0 || woken_ < 0 || pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0) {
    std::perror("conclavectl: cannot wait for signals");
    std::exit(1);
  }
}

Events::~Events() {
  close(signals_);
  close(woken_);
}

void Events::wake() const {
  const std::uint64_t one = 1;
  // It fails only when it was raised so often that it is raised anyhow.
  [[maybe_unused]] const auto written = write(woken_, &one, sizeof one);
}

int Events::wait(std::chrono::milliseconds at_most) const {
  pollfd fds[2] = {{signals_, POLLIN, 0}, {woken_, POLLIN, 0}};
  const auto span = std::clamp<std::chrono::milliseconds>(at_most, std::chrono::milliseconds::zero(), for_long);
  (void)poll(fds, 2, static_cast<int>(span.count()));
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = read(woken_, &count, sizeof count);
  signalfd_siginfo info{};
  return read(signals_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

bool asks_to_end(int signal) { return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT; }

}  // namespace conclave::ctl
