#include <atomic>
#include <cerrno>
#include <future>
#include <thread>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "io_hooks.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

void submit(OpenStorage& storage, std::uint64_t id) {
  raft::Write write;
  write.id = raft::WriteId(id);
  write.entries = {make_entry(1, id, "x")};
  storage.opened.storage->log().submit(std::move(write));
}

std::uint64_t recovered_entries(const Options& options) {
  const auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  return storage->opened.recovered.raft.entries.size();
}

bool is_segment(const std::string& path) { return path.ends_with(".segment"); }

}  // namespace

TEST_CASE("what is kept is written by the thread that asks, as one group, and reported like any other write") {
  const conclave::test::ScratchDir scratch;
  {
    auto storage = open_storage(small_options(scratch.path()));
    REQUIRE(storage.has_value());
    auto& hand = storage->opened.storage->log_hand();
    CHECK_FALSE(hand.has_kept());
    hand.keep(true);
    submit(*storage, 1);
    submit(*storage, 2);
    CHECK(hand.has_kept());
    CHECK(storage->inbox->take_all().empty());
    hand.write_kept();
    CHECK_FALSE(hand.has_kept());
    CHECK(wait_for<engine::LogDurable>(*storage->inbox).id == raft::WriteId(2));
  }
  CHECK(recovered_entries(small_options(scratch.path())) == 2);
}

TEST_CASE("a write that comes while another thread writes what was kept is written after it") {
  const conclave::test::ScratchDir scratch;
  std::promise<void> begun;
  std::promise<void> let_go;
  std::atomic<bool> hold{false};
  const HookedIo hooked({.sync = [&](const std::string& path) {
    if (is_segment(path) && hold.exchange(false)) {
      begun.set_value();
      let_go.get_future().wait();
    }
    return 0;
  }});
  auto storage = open_storage(small_options(scratch.path()));
  REQUIRE(storage.has_value());
  auto& hand = storage->opened.storage->log_hand();
  hand.keep(true);
  submit(*storage, 1);
  hold = true;
  std::thread away([&] { hand.write_kept(); });
  begun.get_future().wait();
  submit(*storage, 2);
  CHECK_FALSE(hand.has_kept());
  hand.write_kept();  // nothing to do
  CHECK(storage->inbox->take_all().empty());
  let_go.set_value();
  CHECK(wait_for<engine::LogDurable>(*storage->inbox).id == raft::WriteId(1));
  CHECK(wait_for<engine::LogDurable>(*storage->inbox).id == raft::WriteId(2));
  away.join();
}

TEST_CASE("after a failed flush of what was kept nothing is kept or acknowledged") {
  const conclave::test::ScratchDir scratch;
  std::atomic<bool> broken{false};
  const HookedIo hooked({.sync = [&](const std::string& path) { return is_segment(path) && broken ? EIO : 0; }});
  auto storage = open_storage(small_options(scratch.path()));
  REQUIRE(storage.has_value());
  auto& hand = storage->opened.storage->log_hand();
  hand.keep(true);
  submit(*storage, 1);
  broken = true;
  hand.write_kept();
  static_cast<void>(wait_for<engine::StorageFailed>(*storage->inbox));
  broken = false;
  submit(*storage, 2);
  CHECK_FALSE(hand.has_kept());
  hand.write_kept();
  storage->opened.storage.reset();
  CHECK(storage->inbox->take_all().empty());
}

TEST_CASE("what was kept and is kept no longer goes to the log thread") {
  const conclave::test::ScratchDir scratch;
  auto storage = open_storage(small_options(scratch.path()));
  REQUIRE(storage.has_value());
  auto& hand = storage->opened.storage->log_hand();
  hand.keep(true);
  submit(*storage, 1);
  hand.keep(false);
  CHECK(wait_for<engine::LogDurable>(*storage->inbox).id == raft::WriteId(1));
  submit(*storage, 2);
  CHECK(wait_for<engine::LogDurable>(*storage->inbox).id == raft::WriteId(2));
}

TEST_CASE("what is kept when the storage ends is written") {
  const conclave::test::ScratchDir scratch;
  {
    auto storage = open_storage(small_options(scratch.path()));
    REQUIRE(storage.has_value());
    storage->opened.storage->log_hand().keep(true);
    submit(*storage, 1);
  }
  CHECK(recovered_entries(small_options(scratch.path())) == 1);
}
