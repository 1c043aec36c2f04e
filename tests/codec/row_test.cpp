#include "conclave/codec/row_codec.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;
using codec::Table;

TEST_CASE("every row comes back: what it encodes to again is the same") {
  for (const auto& row : test::rows()) {
    const auto bytes = codec::encode_row(row);
    CAPTURE(static_cast<int>(bytes.table), row.index());
    CHECK(bytes.value[0] == 1);
    const auto read = codec::decode_row(bytes.table, bytes.key, bytes.value);
    REQUIRE(read.has_value());
    CHECK(read->index() == row.index());
    CHECK(codec::encode_row(*read) == bytes);
  }
}

TEST_CASE("rows keep their fields") {
  const auto read = [](const mvcc::Row& row) {
    const auto bytes = codec::encode_row(row);
    auto decoded = codec::decode_row(bytes.table, bytes.key, bytes.value);
    REQUIRE(decoded.has_value());
    return std::move(*decoded);
  };
  const auto rows = test::rows();
  CHECK(*std::get<mvcc::KeyRow>(read(rows[0])).kv == *std::get<mvcc::KeyRow>(rows[0]).kv);
  CHECK(*std::get<mvcc::KeyRow>(read(rows[1])).kv == *std::get<mvcc::KeyRow>(rows[1]).kv);
  CHECK(std::get<mvcc::LeaseRow>(read(rows[2])) == std::get<mvcc::LeaseRow>(rows[2]));
  CHECK(std::get<mvcc::MetaRow>(read(rows.back())) == std::get<mvcc::MetaRow>(rows.back()));
  const auto history = std::get<mvcc::HistoryRow>(read(rows[rows.size() - 2]));
  REQUIRE(history.batches.size() == 2);
  CHECK(history.last == Revision(8));
  CHECK(history.batches[0]->revision == Revision(7));
  const auto expected = test::events();
  REQUIRE(history.batches[1]->events.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& event = history.batches[1]->events[i];
    CHECK(event.kind == expected[i].kind);
    CHECK(event.cause == expected[i].cause);
    CHECK(*event.kv == *expected[i].kv);
    CHECK((event.prev == nullptr) == (expected[i].prev == nullptr));
    if (event.prev) CHECK(*event.prev == *expected[i].prev);
  }
}

TEST_CASE("an outcome on disk keeps the values that a keys-only answer hides: the state's hash counts them") {
  const mvcc::RangeResult keys{{test::key_value("a", "hidden", 3)}, 1, false, "", true};
  const mvcc::OutcomeRow row{LeaseId(1), RequestSeq(2), std::make_shared<const mvcc::Response>(mvcc::Response{Revision(3), keys})};
  const auto bytes = codec::encode_row(row);
  const auto read = codec::decode_row(bytes.table, bytes.key, bytes.value);
  REQUIRE(read.has_value());
  const auto& outcome = std::get<mvcc::OutcomeRow>(*read);
  CHECK(outcome.session == LeaseId(1));
  CHECK(outcome.sequence == RequestSeq(2));
  CHECK(std::get<mvcc::RangeResult>(outcome.response->body).kvs[0]->value() == "hidden");
}

TEST_CASE("keys of rows sort as bytes the way their ids sort") {
  Prng prng(3);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t one = prng.next() >> prng.below(64);
    const std::uint64_t other = prng.next() >> prng.below(64);
    CHECK((one < other) == (codec::sortable(one) < codec::sortable(other)));
    CHECK(codec::number_of(codec::sortable(one)) == one);
  }
  CHECK_FALSE(codec::number_of("1234567").has_value());
  const auto key = [](std::uint64_t session, std::uint64_t sequence) {
    const auto change = codec::encode_change(mvcc::OutcomeErase{LeaseId(session), RequestSeq(sequence)});
    return std::get<codec::RowErase>(change).key;
  };
  CHECK(key(1, 300) < key(2, 1));
  CHECK(key(2, 1) < key(2, 256));
}

TEST_CASE("a change is a row, an erase, or an erase below") {
  CHECK(std::get<codec::RowBytes>(codec::encode_change(mvcc::KeyRow{test::key_value("k", "v", 3)})).key == "k");
  CHECK(std::get<codec::RowErase>(codec::encode_change(mvcc::KeyErase{"k"})).key == "k");
  const auto lease = std::get<codec::RowErase>(codec::encode_change(mvcc::LeaseErase{LeaseId(5)}));
  CHECK(lease.table == Table::leases);
  CHECK(lease.key == codec::sortable(5));
  const auto below = std::get<codec::RowsEraseBelow>(codec::encode_change(mvcc::HistoryErase{Revision(5)}));
  CHECK(below.table == Table::history);
  CHECK(below.key == codec::history_key(Revision(5)));
}

TEST_CASE("rows of a format from the future and rows under a wrong key are refused") {
  auto bytes = codec::encode_row(test::rows()[2]);
  bytes.value[0] = 2;
  CHECK(codec::decode_row(bytes.table, bytes.key, bytes.value).error().code == Errc::version_mismatch);
  bytes.value[0] = 0;
  CHECK(codec::decode_row(bytes.table, bytes.key, bytes.value).error().code == Errc::corruption);
  bytes.value[0] = 1;
  CHECK(codec::decode_row(bytes.table, "short", bytes.value).error().code == Errc::corruption);
  auto rows = test::rows();
  auto history = codec::encode_row(rows[rows.size() - 2]);
  CHECK(codec::decode_row(history.table, codec::history_key(Revision(9)), history.value).error().code == Errc::corruption);
}
