#include <atomic>
#include <cerrno>
#include <string>
#include <thread>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "io_hooks.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

/// The log waits to be asked, and no flush counts as slow.
Options on_request(const std::filesystem::path& directory) {
  Options options = small_options(directory);
  options.log_on_request = true;
  options.quick_flush_max = seconds(3600);
  return options;
}

OpenStorage open(const Options& options) {
  auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  return std::move(*storage);
}

void submit(OpenStorage& storage, std::uint64_t index, std::size_t bytes = 100) {
  raft::Write write;
  write.id = raft::WriteId(index);
  write.entries = {make_entry(1, index, std::string(bytes, 'x'))};
  storage.opened.storage->log().submit(std::move(write));
}

bool claim(OpenStorage& storage) { return storage.opened.storage->claim_log(true); }

raft::WriteId next_durable(OpenStorage& storage) { return wait_for<engine::LogDurable>(*storage.inbox).id; }

/// The first write is the log thread's: nobody knows how quick the disk is.
void write_first(OpenStorage& storage) {
  submit(storage, 1);
  CHECK_FALSE(claim(storage));
  CHECK(next_durable(storage) == raft::WriteId(1));
}

/// Submits from `index` on until one is this thread's to write, and tells which. The log thread may not have put its pen down yet
/// when it tells of a write, and takes the next then.
std::uint64_t submit_until_claimed(OpenStorage& storage, std::uint64_t index) {
  for (;; ++index) {
    submit(storage, index);
    if (claim(storage)) return index;
    CHECK(next_durable(storage) == raft::WriteId(index));
    REQUIRE(index < 100'000);
  }
}

std::uint64_t entries_found(const Options& options) {
  const auto storage = open(options);
  return storage.opened.recovered.raft.entries.size();
}

/// Flushes of the log hang while closed.
class Gate {
 public:
  void close() { open_ = false; }
  void open() {
    open_ = true;
    open_.notify_all();
  }
  int operator()(const std::string& path) {
    if (path.ends_with(".segment") && !open_) {
      held_ = true;
      held_.notify_all();
      open_.wait(false);
    }
    return 0;
  }
  void await_held() const { held_.wait(false); }

 private:
  std::atomic<bool> open_ = true;
  std::atomic<bool> held_ = false;
};

}  // namespace

TEST_CASE("who queues little may write the log himself, and it is as durable") {
  const conclave::test::ScratchDir scratch;
  const Options options = on_request(scratch.path());
  std::uint64_t last = 1;
  {
    OpenStorage storage = open(options);
    CHECK_FALSE(claim(storage));  // nothing is queued
    write_first(storage);
    while (last < 20) {
      last = submit_until_claimed(storage, last + 1);
      submit(storage, ++last);
      storage.opened.storage->write_log();
      CHECK(next_durable(storage) == raft::WriteId(last));
    }
  }
  CHECK(entries_found(options) == last);
}

TEST_CASE("the log thread writes what the caller has no time for, what is much, and what a slow disk takes") {
  const conclave::test::ScratchDir scratch;
  Options options = on_request(scratch.path());
  {
    OpenStorage storage = open(options);
    write_first(storage);
    submit(storage, 2);
    CHECK_FALSE(storage.opened.storage->claim_log(false));
    CHECK(next_durable(storage) == raft::WriteId(2));
    submit(storage, 3, 200'000);
    CHECK_FALSE(claim(storage));
    CHECK(next_durable(storage) == raft::WriteId(3));
    raft::Write again;
    again.id = raft::WriteId(4);
    again.truncate_from = Index(3);
    again.entries = {make_entry(2, 3, "instead")};
    storage.opened.storage->log().submit(std::move(again));
    CHECK_FALSE(claim(storage));
    CHECK(next_durable(storage) == raft::WriteId(4));
  }
  options.quick_flush_max = Duration(0);
  OpenStorage storage = open(options);
  for (std::uint64_t i = 4; i < 10; ++i) {
    submit(storage, i);
    CHECK_FALSE(claim(storage));
    CHECK(next_durable(storage) == raft::WriteId(i));
  }
}

TEST_CASE("while a claimed write hangs others are queued, and the log thread takes them afterwards") {
  const conclave::test::ScratchDir scratch;
  const Options options = on_request(scratch.path());
  Gate gate;
  const HookedIo hooked({.sync = [&](const std::string& path) { return gate(path); }});
  std::uint64_t last = 0;
  {
    OpenStorage storage = open(options);
    write_first(storage);
    last = submit_until_claimed(storage, 2);
    gate.close();
    std::thread away([&] { storage.opened.storage->write_log(); });
    gate.await_held();
    for (std::uint64_t i = last + 1; i <= last + 3; ++i) {
      submit(storage, i);
      CHECK_FALSE(claim(storage));
    }
    CHECK(storage.inbox->take_all().empty());
    gate.open();
    CHECK(next_durable(storage) == raft::WriteId(last));
    CHECK(next_durable(storage) == raft::WriteId(last + 3));
    away.join();
  }
  CHECK(entries_found(options) == last + 3);
}

TEST_CASE("what was queued and never asked for is carried out at the end") {
  const conclave::test::ScratchDir scratch;
  const Options options = on_request(scratch.path());
  {
    OpenStorage storage = open(options);
    for (std::uint64_t i = 1; i <= 3; ++i) submit(storage, i);
  }
  CHECK(entries_found(options) == 3);
}

TEST_CASE("a claimed write that fails stops the storage like any other") {
  const conclave::test::ScratchDir scratch;
  std::atomic<bool> failing = false;
  const HookedIo hooked({.sync = [&](const std::string& path) { return failing && path.ends_with(".segment") ? EIO : 0; }});
  const Options options = on_request(scratch.path());
  OpenStorage storage = open(options);
  write_first(storage);
  const std::uint64_t last = submit_until_claimed(storage, 2);
  failing = true;
  storage.opened.storage->write_log();
  CHECK(wait_for<engine::StorageFailed>(*storage.inbox).error.code == Errc::io_error);
  submit(storage, last + 1);
  CHECK_FALSE(claim(storage));
  CHECK(storage.inbox->take_all().empty());
}
