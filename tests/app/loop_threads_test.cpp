#include "loop_threads.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::app;

namespace {

constexpr Duration look_often = milliseconds(2);

/// What only the loop touches, without any lock.
struct World {
  int passes = 0;
  std::thread::id runs_on;
};

/// A flush that hangs until it is told not to.
class Hanging {
 public:
  void operator()() const { done_.wait(false); }
  void end() {
    done_ = true;
    done_.notify_all();
  }

 private:
  std::atomic<bool> done_ = false;
};

}  // namespace

TEST_CASE("a loop whose work comes to an end stays on its thread") {
  LoopThreads threads(seconds(3600));
  World world;
  const auto loop = [&] {
    while (++world.passes < 1000) {
      world.runs_on = std::this_thread::get_id();
      if (!threads.away([] {})) return false;
    }
    return true;
  };
  std::thread::id second;
  threads.run(loop, [&] { second = std::this_thread::get_id(); });
  CHECK(world.passes == 1000);
  CHECK(world.runs_on == std::this_thread::get_id());
  CHECK(second != std::thread::id());
  CHECK(second != world.runs_on);
}

TEST_CASE("each time work hangs the other thread goes on with the loop, and what one did the other sees") {
  constexpr int hangs = 20;
  LoopThreads threads(look_often);
  World world;
  std::vector<std::thread::id> ran_on;
  std::vector<std::unique_ptr<Hanging>> flushes;
  const auto loop = [&] {
    ran_on.push_back(std::this_thread::get_id());
    if (!flushes.empty()) flushes.back()->end();  // the thread that was away comes back and stands by
    for (int quick = 0; quick < 10; ++quick) {
      ++world.passes;
      if (!threads.away([] {})) return false;  // a thread that was not run for long looks the same
    }
    if (flushes.size() == hangs) return true;
    flushes.push_back(std::make_unique<Hanging>());
    const Hanging& flush = *flushes.back();
    const bool mine = threads.away([&flush] { flush(); });
    CHECK_FALSE(mine);
    return mine;
  };
  threads.run(loop, [] {});
  CHECK(flushes.size() == hangs);
  CHECK(world.passes >= hangs * 10);
  for (std::size_t i = 1; i < ran_on.size(); ++i) CHECK(ran_on[i] != ran_on[i - 1]);
}

TEST_CASE("a loop that is finished while its other thread is away waits for it") {
  LoopThreads threads(look_often);
  Hanging flush;
  std::atomic<bool> flushed = false;
  std::thread disk;
  bool hangs = true;
  const auto loop = [&] {
    if (std::exchange(hangs, false)) {
      return threads.away([&] {
        flush();
        flushed = true;
      });
    }
    disk = std::thread([&] { flush.end(); });
    return true;
  };
  threads.run(loop, [] {});
  CHECK(flushed);
  disk.join();
}
