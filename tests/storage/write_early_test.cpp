/// What is written between checkpoints.
#include <array>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "conclave/base/log_sink.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "history_reader.hpp"
#include "state_writer.hpp"

using namespace conclave;
using namespace conclave::storage;

namespace {

constexpr std::size_t bytes_max = std::size_t{64} << 10;  // then more than 4,096 rows are too many, and 2,048 are left of them

/// A writer over an empty table, fed by a state machine.
class Writing {
 public:
  void put(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i) {
      const std::string key = "key " + std::to_string(i);
      mvcc::PutOp put;
      put.key = key;
      const std::array<mvcc::Command, 1> commands{mvcc::Command{{}, {}, mvcc::Op{put}}};
      const Index index(++applied_);
      writer_.hand_over(machine_.apply(index, Term(1), {MachineVersion(1), {}, commands}).delta);
      writer_.set_durable(index);
    }
    writer_.merge();
  }

  /// Writes about one chunk.
  bool write_some() {
    const auto more = writer_.write_early(bytes_max);
    REQUIRE(more.has_value());
    return *more;
  }

  void write_early() {
    for (int step = 0; step < 10'000; ++step) {
      if (!write_some()) return;
    }
    FAIL("it never ends");
  }

  /// The revisions that history holds, as a reader meets them.
  std::vector<std::uint64_t> revisions() {
    const auto read = read_history(writer_, 1, Revision(1), Revision(applied_), std::size_t{64} << 20);
    REQUIRE(read.has_value());
    std::vector<std::uint64_t> revisions;
    for (const auto& batch : read->batches) revisions.push_back(batch->revision.value());
    return revisions;
  }
  [[nodiscard]] std::vector<std::uint64_t> all_revisions() const {
    std::vector<std::uint64_t> all(applied_);
    std::iota(all.begin(), all.end(), 1);
    return all;
  }

  [[nodiscard]] bool is_due() const { return writer_.is_due(bytes_max); }
  std::size_t rows(codec::Table wanted) {
    std::size_t count = 0;
    const auto done = writer_.table().scan({}, [&](codec::Table table, ByteView, ByteView) -> Result<bool> {
      count += table == wanted ? 1 : 0;
      return true;
    });
    REQUIRE(done.has_value());
    return count;
  }

 private:
  static std::unique_ptr<WtConnection> open(const std::filesystem::path& directory, LogSink& log) {
    auto connection = WtConnection::open(directory, "create,cache_size=16MB", log);
    if (!connection.has_value()) FAIL(connection.error().message());
    return std::move(*connection);
  }
  static StateTable table_in(WtConnection& connection) {
    auto table = StateTable::open(connection, 1);
    if (!table.has_value()) FAIL(table.error().message());
    return std::move(*table);
  }

  test::ScratchDir directory_;
  NullLogSink log_;
  std::unique_ptr<WtConnection> connection_ = open(directory_.path(), log_);
  StateWriter writer_{table_in(*connection_), {}, std::size_t{16} << 10};
  mvcc::Machine machine_{{}};
  std::uint64_t applied_ = 0;
};

}  // namespace

TEST_CASE("history that is too much is written, and rows that are not too many stay") {
  Writing writing;
  writing.put(0, 3'000);
  REQUIRE(writing.is_due());
  writing.write_early();
  CHECK(writing.rows(codec::Table::history) > 0);
  CHECK(writing.rows(codec::Table::keys) == 0);
  CHECK_FALSE(writing.is_due());
}

TEST_CASE("rows that are too many are written until half as many are left") {
  Writing writing;
  writing.put(0, 5'000);
  writing.write_early();
  const auto written = writing.rows(codec::Table::keys);
  CHECK(written >= 5'000 - 2'048);
  CHECK(written < 3'500);
  CHECK_FALSE(writing.is_due());
}

TEST_CASE("history of entries that hold one change each is written in rows of many") {
  Writing writing;
  writing.put(0, 3'000);
  writing.write_early();
  CHECK(writing.rows(codec::Table::history) < 3'000 / 10);
  CHECK(writing.revisions() == writing.all_revisions());
}

TEST_CASE("history is whole between two writes of it") {
  Writing writing;
  writing.put(0, 3'000);
  std::size_t rows = 0;
  for (bool more = true; more;) {
    more = writing.write_some();
    CHECK(writing.revisions() == writing.all_revisions());
    CHECK(std::exchange(rows, writing.rows(codec::Table::history)) <= rows);
  }
  writing.put(3'000, 3'010);  // behind the last row
  CHECK(writing.revisions() == writing.all_revisions());
  CHECK(rows > 1);
}
