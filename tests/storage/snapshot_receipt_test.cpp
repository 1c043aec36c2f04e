/// What a received snapshot must be, beside whole.
#include "snapshot_receipt.hpp"

#include <utility>
#include <vector>

#include "conclave/base/log_sink.hpp"
#include "conclave/codec/row_codec.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

using namespace conclave;
using namespace conclave::storage;

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;  // of leases

/// Why a snapshot of these rows is refused.
Error refusal_of(const Rows& rows) {
  const test::ScratchDir scratch;
  NullLogSink log;
  auto connection = WtConnection::open(scratch.path(), "create,cache_size=16MB", log);
  REQUIRE(connection.has_value());
  auto table = StateTable::open(**connection, 2);
  REQUIRE(table.has_value());
  codec::SnapshotWriter writer;
  std::string bytes;
  writer.start(bytes);
  for (const auto& [key, value] : rows) writer.add(codec::Table::leases, key, value, bytes);
  writer.finish(bytes);
  auto receipt = SnapshotReceipt::begin(scratch.path() / "in-1", {{Term(1), Index(9)}, {}, bytes.size()});
  REQUIRE(receipt.has_value());
  REQUIRE((*receipt)->append(bytes).has_value());
  ReceiptLoader loader(**receipt, std::move(*table), {});
  for (int step = 0; step < 1'000; ++step) {
    const auto more = loader.step(50);
    REQUIRE(more.has_value());
    if (!*more) break;
  }
  REQUIRE(loader.bad().has_value());
  return *loader.bad();
}

std::pair<std::string, std::string> lease(std::uint64_t id) {
  mvcc::LeaseRow row;
  row.id = LeaseId(id);
  row.ttl = std::chrono::seconds(1);
  const auto bytes = std::get<codec::RowBytes>(codec::encode_change(row));
  return {bytes.key, bytes.value};
}

}  // namespace

TEST_CASE("a snapshot whose rows are not in order, or come twice, is refused") {
  for (const auto& rows : {Rows{lease(2), lease(1)}, Rows{lease(1), lease(3), lease(3)}}) {
    const auto error = refusal_of(rows);
    INFO(error.message());
    CHECK(error.code == Errc::corruption);
    CHECK(error.context.find("order") != std::string::npos);
  }
}

TEST_CASE("a snapshot without the row that says what it is of is refused") {
  CHECK(refusal_of({lease(1), lease(2)}).context.find("order") == std::string::npos);
}
