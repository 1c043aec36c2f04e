#include <future>
#include <thread>

#include "conclave/test/catch.hpp"
#include "node.hpp"

using namespace conclave;
using namespace conclave::test;

namespace {

/// Something that blocks until it is let go.
struct Stall {
  std::promise<std::thread::id> begun;
  std::promise<void> let_go;
  std::function<void()> work() {
    return [this] {
      begun.set_value(std::this_thread::get_id());
      let_go.get_future().wait();
    };
  }
};

std::thread::id loop_thread(Node& node) {
  std::thread::id found;
  node.on_loop([&] { found = std::this_thread::get_id(); });
  return found;
}

}  // namespace

TEST_CASE("the loop goes on when what its thread went away for takes long, also the next time") {
  Node node(config_of(1));
  for (int turn = 0; turn < 3; ++turn) {
    Stall stall;
    node.block_once(stall.work());
    const auto away = stall.begun.get_future().get();
    CHECK(loop_thread(node) != away);
    stall.let_go.set_value();
    Stall next;  // the thread that was away has come back to wait for its turn when it gets one
    node.block_once(next.work());
    CHECK(next.begun.get_future().get() != away);
    CHECK(loop_thread(node) == away);
    next.let_go.set_value();
  }
}

TEST_CASE("a thread that is back soon keeps the loop") {
  Node node(config_of(1));
  const auto before = loop_thread(node);
  std::promise<std::thread::id> done;
  node.block_once([&] { done.set_value(std::this_thread::get_id()); });
  CHECK(done.get_future().get() == before);
}

TEST_CASE("a member ends while a thread is away from its loop") {
  Stall stall;
  std::thread later;
  {
    Node node(config_of(1));
    node.block_once(stall.work());
    const auto away = stall.begun.get_future().get();
    REQUIRE(loop_thread(node) != away);
    later = std::thread([&] { stall.let_go.set_value(); });
  }
  later.join();
}
