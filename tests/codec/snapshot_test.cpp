#include "conclave/codec/snapshot_codec.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;
using codec::RowBytes;
using codec::SnapshotReader;
using codec::Table;

namespace {

std::vector<RowBytes> sample_rows() {
  std::vector<RowBytes> rows;
  for (const auto& row : test::rows()) rows.push_back(codec::encode_row(row));
  rows.push_back({Table::keys, "large", std::string(50'000, 'v')});
  rows.push_back({Table::keys, "", ""});
  return rows;
}

std::string stream_of(const std::vector<RowBytes>& rows) {
  codec::SnapshotWriter writer;
  std::string out;
  writer.start(out);
  for (const auto& row : rows) writer.add(row.table, row.key, row.value, out);
  CHECK(writer.rows() == rows.size());
  writer.finish(out);
  return out;
}

SnapshotReader::OnRow collect(std::vector<RowBytes>& rows) {
  return [&rows](Table table, ByteView key, ByteView value) -> Result<void> {
    rows.push_back({table, std::string(key), std::string(value)});
    return {};
  };
}

}  // namespace

TEST_CASE("a snapshot comes back whatever the chunks it is carried in") {
  const auto rows = sample_rows();
  const std::string stream = stream_of(rows);
  Prng prng(17);
  for (const std::uint64_t chunk_max : {1ULL, 3ULL, 16ULL, 100ULL, 5'000ULL, 1'000'000ULL}) {
    std::vector<RowBytes> read;
    SnapshotReader reader;
    ByteView rest = stream;
    while (!rest.empty()) {
      CHECK_FALSE(reader.complete());
      const std::size_t count = std::min<std::size_t>(rest.size(), prng.between(1, chunk_max));
      REQUIRE(reader.feed(rest.substr(0, count), collect(read)).has_value());
      rest.remove_prefix(count);
    }
    CHECK(reader.complete());
    CHECK(reader.rows() == rows.size());
    CHECK(read == rows);
  }
}

TEST_CASE("an empty snapshot is complete") {
  std::vector<RowBytes> read;
  SnapshotReader reader;
  REQUIRE(reader.feed(stream_of({}), collect(read)).has_value());
  CHECK(reader.complete());
}

TEST_CASE("a flipped bit anywhere is noticed before the snapshot is complete") {
  const auto rows = std::vector<RowBytes>{codec::encode_row(test::rows()[0]), codec::encode_row(test::rows()[2])};
  const std::string stream = stream_of(rows);
  for (std::size_t bit = 0; bit < stream.size() * 8; ++bit) {
    std::string flipped = stream;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    std::vector<RowBytes> read;
    SnapshotReader reader;
    const auto fed = reader.feed(flipped, collect(read));
    REQUIRE_FALSE((fed.has_value() && reader.complete()));
    for (const auto& row : read) REQUIRE((row == rows[0] || row == rows[1]));
  }
}

TEST_CASE("rows that were lost or exchanged are noticed by the trailer") {
  const auto rows = sample_rows();
  std::string lost = stream_of({rows[0], rows[1]});
  const std::string one = stream_of({rows[0]});
  const std::string other = stream_of({rows[1]});
  const std::string first = one.substr(8, one.size() - 8 - 16);
  const std::string second = other.substr(8, other.size() - 8 - 16);
  const std::string trailer = lost.substr(lost.size() - 16);
  const std::string magic = lost.substr(0, 8);
  std::vector<RowBytes> read;
  CHECK(SnapshotReader().feed(magic + first + second + trailer, collect(read)).has_value());
  CHECK_FALSE(SnapshotReader().feed(magic + first + trailer, collect(read)).has_value());
  CHECK_FALSE(SnapshotReader().feed(magic + second + first + trailer, collect(read)).has_value());
  CHECK_FALSE(SnapshotReader().feed(magic + first + first + trailer, collect(read)).has_value());
}

TEST_CASE("bytes behind the trailer, a row that claims too much and a strange start are refused") {
  std::vector<RowBytes> read;
  CHECK_FALSE(SnapshotReader().feed(stream_of({}) + "x", collect(read)).has_value());
  CHECK(SnapshotReader().feed("notasnap", collect(read)).error().code == Errc::corruption);
  std::string future = stream_of({});
  future[7] = 2;
  CHECK(SnapshotReader().feed(future, collect(read)).error().code == Errc::version_mismatch);
  SnapshotReader small(10);
  CHECK(small.feed(stream_of({{Table::keys, "12345", "123456"}}), collect(read)).error().code == Errc::corruption);
  CHECK_FALSE(small.feed(stream_of({}), collect(read)).has_value());
}

TEST_CASE("an error of the one who takes the rows ends the reading") {
  SnapshotReader reader;
  const auto refuse = [](Table, ByteView, ByteView) -> Result<void> { return fail(Errc::io_error, "full"); };
  CHECK(reader.feed(stream_of(sample_rows()), refuse).error().code == Errc::io_error);
  CHECK_FALSE(reader.feed("", refuse).has_value());
  CHECK_FALSE(reader.complete());
}
