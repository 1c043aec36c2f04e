#include "interrupt.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace conclave::locksmith::ctl {
namespace {

constexpr int ended_signal = SIGUSR1;

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, ended_signal}) sigaddset(&set, number);
  return set;
}

void unblock(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

void hold_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void release_signals() {
  for (const int number : {SIGINT, SIGTERM}) unblock(number);
}

/// A signal is kept pending until it is waited for, so none is missed whenever it comes.
void await_end(const std::function<void()>& stop) {
  const sigset_t set = watched();
  while (true) {
    const int number = sigwaitinfo(&set, nullptr);
    if (number == ended_signal) return;
    if (number < 0) continue;
    stop();
    unblock(number);  // the second one ends the program as usual
  }
}

void end() { kill(getpid(), ended_signal); }

}  // namespace conclave::locksmith::ctl
