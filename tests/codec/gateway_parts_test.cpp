#include <array>

#include "conclave/base/arena.hpp"
#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/command_encoder.hpp"
#include "conclave/codec/event_encoder.hpp"
#include "conclave/codec/event_reader.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;

namespace {

engine::WriteRequest accepted(const mvcc::CommandBody& command) {
  auto body = codec::decode_request(protocol::FrameKind::write, codec::encode_command(command), {});
  REQUIRE(body.has_value());
  return std::get<engine::WriteRequest>(std::move(*body));
}

mvcc::PutOp put(ByteView key, ByteView value, LeaseId lease = {}) {
  mvcc::PutOp op;
  op.key = key;
  op.value = value;
  op.lease = lease;
  return op;
}

}  // namespace

TEST_CASE("a command that was encoded here is read like one from a client") {
  const mvcc::Compare compare{
      {mvcc::KeySelector::Kind::single, "k", {}}, mvcc::CompareTarget::mod, mvcc::CompareRelation::less, 7, {}};
  const std::array<mvcc::Op, 2> success{mvcc::Op{put("k", "v")}, mvcc::Op{mvcc::RangeOp{}}};
  const std::array<mvcc::Op, 1> failure{mvcc::Op{mvcc::DeleteOp{{mvcc::KeySelector::Kind::prefix, "p", {}}, true}}};
  CHECK(accepted(mvcc::Op{mvcc::TxnOp{{&compare, 1}, success, failure}}).adds_data);
  CHECK(accepted(mvcc::Op{put("k", "v", LeaseId(5))}).adds_data);
  CHECK(accepted(mvcc::Op{put("k", "v", LeaseId(5))}).leased_key == "k");
  CHECK(accepted(mvcc::Op{put("k", "v")}).leased_key.empty());
  const std::array<mvcc::Op, 3> leased{mvcc::Op{put("a", "v")}, mvcc::Op{put("b", "v", LeaseId(5))},
                                       mvcc::Op{put("c", "v", LeaseId(5))}};
  CHECK(accepted(mvcc::Op{mvcc::TxnOp{{}, leased, {}}}).leased_key == "b");
  CHECK_FALSE(accepted(mvcc::Op{mvcc::DeleteOp{{mvcc::KeySelector::Kind::single, "k", {}}, false}}).adds_data);
  CHECK_FALSE(accepted(mvcc::Compact{Revision(3)}).has_session);
  CHECK(accepted(mvcc::LeaseGrant{LeaseId(4), milliseconds(5000), {}, {}}).lease_ids.empty());
  const std::array<LeaseId, 2> ids{LeaseId(4), LeaseId(9)};
  CHECK(accepted(mvcc::LeaseRenew{ids}).is_renewal);
  CHECK(accepted(mvcc::LeaseRenew{ids}).lease_ids == std::vector<LeaseId>(ids.begin(), ids.end()));
}

TEST_CASE("events are read back as they were encoded") {
  const auto events = test::events();
  const Bytes encoded = codec::EventEncoder().encode(events, true, false);
  const auto views = codec::read_events(encoded.view());
  REQUIRE(views.has_value());
  REQUIRE(views->size() == events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    CAPTURE(i);
    const codec::EventView& view = (*views)[i];
    CHECK(view.kind == events[i].kind);
    CHECK(view.cause == events[i].cause);
    CHECK(view.kv.key == events[i].kv->key());
    CHECK(view.kv.value == events[i].kv->value());
    CHECK(view.kv.versions == events[i].kv->versions());
    REQUIRE(view.prev.has_value() == (events[i].prev != nullptr));
    if (view.prev) CHECK(view.prev->value == events[i].prev->value());
  }
}

TEST_CASE("damaged events are refused, or read within their bytes") {
  Prng prng(11);
  const Bytes encoded = codec::EventEncoder().encode(test::events(), true, false);
  for (int i = 0; i < 2000; ++i) {
    const Bytes damaged{test::damaged(encoded.view(), prng)};
    if (const auto views = codec::read_events(damaged.view()); !views.has_value()) CHECK(views.error().code == Errc::malformed);
  }
}
