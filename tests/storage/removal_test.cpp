/// Files that go, and files that are kept because they would come back.
#include "removal.hpp"

#include <fstream>
#include <set>

#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "directories.hpp"
#include "log_segments.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

constexpr std::uintmax_t mebibyte = std::uintmax_t{1} << 20;

std::filesystem::path file_of(const std::filesystem::path& path, std::uintmax_t bytes) {
  std::ofstream(path).put('x');
  std::filesystem::resize_file(path, bytes);
  return path;
}

}  // namespace

TEST_CASE("a large file goes in pieces, and the next one after it") {
  const conclave::test::ScratchDir scratch;
  const auto large = file_of(scratch.path() / "large", 5 * mebibyte);
  const auto small = file_of(scratch.path() / "small", 1);
  Removal removal;
  CHECK_FALSE(*removal.step());
  removal.add({large, small});
  for (const std::uintmax_t left : {4U, 2U}) {
    CHECK(*removal.step());
    CHECK(std::filesystem::file_size(large) == left * mebibyte);
  }
  CHECK(*removal.step());
  CHECK(names_in(scratch.path()) == std::set<std::string>{"small"});
  CHECK_FALSE(*removal.step());
  CHECK(names_in(scratch.path()).empty());
}

TEST_CASE("a file that has gone already is as good as removed") {
  const conclave::test::ScratchDir scratch;
  Removal removal;
  removal.add({scratch.path() / "nothing"});
  CHECK_FALSE(*removal.step());
}

TEST_CASE("a file that cannot be removed is an error that names it") {
  const conclave::test::ScratchDir scratch;
  std::filesystem::create_directories(scratch.path() / "full" / "of");
  Removal removal;
  removal.add({scratch.path() / "full"});
  const auto done = removal.step();
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().context.find("full") != std::string::npos);
}

TEST_CASE("segments that are cut are kept for later, but not all of them, and only those that fit") {
  const conclave::test::ScratchDir scratch;
  constexpr std::size_t segment_bytes = 8192;
  SegmentDirectory directory(scratch.path(), segment_bytes);
  for (std::uint64_t number = 1; number <= 6; ++number) REQUIRE(directory.make(number, 1).has_value());
  REQUIRE(directory.make(7, 2 * segment_bytes).has_value());
  REQUIRE(directory.retire(7, true).has_value());
  REQUIRE(directory.retire(1, false).has_value());
  CHECK(directory.numbers()->size() == 5);
  for (std::uint64_t number = 2; number <= 6; ++number) REQUIRE(directory.retire(number, true).has_value());
  CHECK(names_in(scratch.path()) == std::set<std::string>{"spare", "spare.1", "spare.2", "spare.3"});
  REQUIRE(directory.prepare_spare().has_value());
  for (std::uint64_t number = 8; number <= 11; ++number) {
    REQUIRE(directory.make(number, 1).has_value());
    CHECK(names_in(scratch.path()).size() == 4);
  }
  CHECK(directory.numbers()->size() == 4);
  REQUIRE(directory.prepare_spare().has_value());
  CHECK(names_in(scratch.path()).contains("spare"));
}
