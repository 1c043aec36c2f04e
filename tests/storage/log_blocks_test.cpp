#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;

/// Where the blocks of a file end that were written. The size of the file, where the file system does not know.
std::uint64_t written_until(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const auto end = ::lseek(fd, 0, SEEK_HOLE);
  ::close(fd);
  REQUIRE(end >= 0);
  return static_cast<std::uint64_t>(end);
}

}  // namespace

TEST_CASE("the log of a new segment is written ahead, and what stands in it is found again") {
  const conclave::test::ScratchDir scratch;
  auto options = small_options(scratch.path());
  options.log_file_bytes = 3 * mebibyte;
  const auto segment = scratch.path() / "log" / "0000000000000001.segment";
  constexpr std::uint64_t writes = 8;
  {
    auto storage = open_storage(options);
    REQUIRE(storage.has_value());
    for (std::uint64_t i = 1; i <= writes; ++i) write_entries(*storage, i, {make_entry(1, i, std::string(250'000, 'x'))});
    const auto used = writes * 250'000;
    CHECK(written_until(segment) >= used + mebibyte / 8);
    CHECK(std::filesystem::file_size(segment) == 3 * mebibyte);
  }
  const auto again = open_storage(options);
  REQUIRE(again.has_value());
  REQUIRE(again->opened.recovered.raft.entries.size() == writes);
  CHECK(again->opened.recovered.raft.entries.back()->id.index == Index(writes));
}
