#include "own_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <asio/post.hpp>

namespace conclave::gateway {
namespace {

/// How much it gives way, in the system's measure from 0 to 19: with ten, a tenth of a processor that others want whole.
constexpr int nice_by = 10;

/// The kernel takes a processor away from a thread only when it looks, which may be every four milliseconds: so it is given back
/// after as many answers as take a quarter of one.
constexpr int pieces_at_once = 8;

void give_way() {
  const auto thread = static_cast<id_t>(::gettid());
  const int nice = ::getpriority(PRIO_PROCESS, thread);
  // Where it is not allowed, everything works as well, only slower for others.
  static_cast<void>(::setpriority(PRIO_PROCESS, thread, nice + nice_by));
}

}  // namespace

void OwnThread::breathe() {
  thread_local int pieces = 0;
  if (++pieces % pieces_at_once == 0) ::sched_yield();
}

OwnThread::OwnThread() : work_(asio::make_work_guard(*io_)) {}

OwnThread::~OwnThread() {
  if (thread_.joinable()) stop([] {});
}

void OwnThread::start() {
  thread_ = std::thread([io = io_] {
    ::pthread_setname_np(::pthread_self(), "http");
    give_way();
    while (io->run_one() != 0) breathe();
  });
}

void OwnThread::stop(const std::function<void()>& last) {
  if (!thread_.joinable()) return last();
  asio::post(*io_, [this, &last] {
    last();
    io_->stop();
  });
  thread_.join();
}

}  // namespace conclave::gateway
