#include <atomic>
#include <filesystem>
#include <memory>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;

/// A file system whose room the test decides.
struct Room {
  std::shared_ptr<std::atomic<std::uint64_t>> free;

  Options options(const std::filesystem::path& directory) const {
    auto options = small_options(directory);
    options.disk.soft_bytes = 8 * mebibyte;
    options.disk.hard_bytes = 2 * mebibyte;
    options.disk.free_bytes = [free = free] { return free->load(); };
    return options;
  }
};

Room room_of(std::uint64_t bytes) { return {std::make_shared<std::atomic<std::uint64_t>>(bytes)}; }

}  // namespace

TEST_CASE("passing a mark is told, both ways, and the ballast is given up and taken again") {
  const conclave::test::ScratchDir scratch;
  const auto ballast = scratch.path() / "BALLAST";
  const auto room = room_of(100 * mebibyte);
  const auto storage = open_storage(room.options(scratch.path()));
  REQUIRE(storage.has_value());
  auto& inbox = *storage->inbox;

  room.free->store(7 * mebibyte);
  auto news = wait_for<engine::DiskSpace>(inbox);
  CHECK(news.low);
  CHECK_FALSE(news.full);
  CHECK(std::filesystem::file_size(ballast) == 2 * mebibyte);

  room.free->store(1 * mebibyte);
  news = wait_for<engine::DiskSpace>(inbox);
  CHECK(news.low);
  CHECK(news.full);
  CHECK_FALSE(std::filesystem::exists(ballast));

  // The room that the ballast gave up is not news: 3 MiB with it gone are 1 MiB. And 12 MiB are 10.
  room.free->store(3 * mebibyte);
  room.free->store(12 * mebibyte);
  news = wait_for<engine::DiskSpace>(inbox);
  CHECK_FALSE(news.full);
  CHECK_FALSE(news.low);
  CHECK(std::filesystem::file_size(ballast) == 2 * mebibyte);
}

TEST_CASE("a member that starts on a full disk is told so at once") {
  const conclave::test::ScratchDir scratch;
  const auto storage = open_storage(room_of(mebibyte).options(scratch.path()));
  REQUIRE(storage.has_value());
  const auto news = wait_for<engine::DiskSpace>(*storage->inbox);
  CHECK(news.low);
  CHECK(news.full);
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "BALLAST"));
}

TEST_CASE("with room enough nothing is told") {
  const conclave::test::ScratchDir scratch;
  auto storage = open_storage(room_of(100 * mebibyte).options(scratch.path()));
  REQUIRE(storage.has_value());
  storage->opened.storage->state().checkpoint(1 << 20);
  CHECK(std::holds_alternative<engine::CheckpointDone>(*storage->inbox->take()));
}
