#include "conclave/codec/batch_codec.hpp"
#include "conclave/codec/client_codec.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;
using protocol::FrameKind;

namespace {

const mvcc::Limits limits;

Errc refusal(FrameKind kind, const Bytes& payload) {
  const auto body = codec::decode_request(kind, payload, limits);
  REQUIRE_FALSE(body.has_value());
  return body.error().code;
}

engine::WriteRequest write_of(const Bytes& payload) {
  auto body = codec::decode_request(FrameKind::write, payload, limits);
  REQUIRE(body.has_value());
  return std::get<engine::WriteRequest>(std::move(*body));
}

template <class T>
T asked(const Bytes& payload) {
  auto body = codec::decode_request(FrameKind::ask, payload, limits);
  REQUIRE(body.has_value());
  return std::get<T>(std::move(*body));
}

engine::ReadRequest read_of(const Bytes& payload) {
  auto body = codec::decode_request(FrameKind::read, payload, limits);
  REQUIRE(body.has_value());
  return std::get<engine::ReadRequest>(std::move(*body));
}

}  // namespace

TEST_CASE("a write shares the frame's bytes and is told apart by what the engine must know") {
  const auto writes = test::write_requests();
  const std::vector<bool> adds_data = {true, false, true, true, false, false, true, false, false};
  REQUIRE(writes.size() == adds_data.size());
  for (std::size_t i = 0; i < writes.size(); ++i) {
    CAPTURE(i);
    const auto write = write_of(writes[i]);
    CHECK(write.request.data() == writes[i].data());
    CHECK(write.adds_data == adds_data[i]);
    CHECK(write.has_session == (i == 0 || i == 2));
    CHECK(write.is_renewal == (i == 5));
  }
  CHECK(write_of(writes[5]).lease_ids == std::vector<LeaseId>{LeaseId(4), LeaseId(5), LeaseId(6)});
}

TEST_CASE("a renewal with a session is not coalesced") {
  const auto renew = [](test::Builder& b) {
    return wire::CreateLeaseRenew(b, b.CreateVector(std::vector<std::uint64_t>{4})).Union();
  };
  CHECK_FALSE(write_of(test::write_request(wire::CommandBody::LeaseRenew, renew, {9, 1, 1})).is_renewal);
  CHECK_FALSE(write_of(test::write_request(wire::CommandBody::LeaseRenew, renew, {}, 1)).is_renewal);
}

TEST_CASE("commands that only leaders make are refused from a client") {
  const codec::BatchCodec batches;
  const std::vector<LeaseId> ids = {LeaseId(3)};
  CHECK(refusal(FrameKind::write, batches.expire_leases(ids)) == Errc::permission_denied);
  CHECK(refusal(FrameKind::write, batches.set_machine_version(MachineVersion(2))) == Errc::permission_denied);
  CHECK(write_of(batches.compact(Revision(4))).request.size() > 0);
}

TEST_CASE("a session and a sequence go together, and first outstanding is not beyond the sequence") {
  CHECK(refusal(FrameKind::write, test::put_request("k", "v", {9, 0, 0})) == Errc::invalid_argument);
  CHECK(refusal(FrameKind::write, test::put_request("k", "v", {0, 1, 0})) == Errc::invalid_argument);
  CHECK(refusal(FrameKind::write, test::put_request("k", "v", {9, 1, 2})) == Errc::invalid_argument);
}

TEST_CASE("transactions nest four deep and not five") {
  CHECK(write_of(test::nested_txn_request(4)).adds_data);
  CHECK(refusal(FrameKind::write, test::nested_txn_request(5)) == Errc::too_large);
  const Errc far_too_deep = refusal(FrameKind::write, test::nested_txn_request(500));
  CHECK(far_too_deep == Errc::malformed);
}

TEST_CASE("a transaction has at most 128 operations and as many compares") {
  CHECK(write_of(test::wide_txn_request(128, 128)).adds_data);
  CHECK(refusal(FrameKind::write, test::wide_txn_request(129, 0)) == Errc::too_large);
  CHECK(refusal(FrameKind::write, test::wide_txn_request(1, 129)) == Errc::too_large);
}

TEST_CASE("keys, values and guards have limits") {
  CHECK(write_of(test::put_request(std::string(limits.key_bytes_max, 'k'), "v")).adds_data);
  CHECK(refusal(FrameKind::write, test::put_request(std::string(limits.key_bytes_max + 1, 'k'), "v")) == Errc::too_large);
  CHECK(write_of(test::put_request("k", std::string(limits.value_bytes_max, 'v'))).adds_data);
  CHECK(refusal(FrameKind::write, test::put_request("k", std::string(limits.value_bytes_max + 1, 'v'))) == Errc::too_large);
  CHECK(refusal(FrameKind::write, test::put_request("k", "v", {}, limits.guards_max + 1)) == Errc::too_large);
}

TEST_CASE("byte strings that share their bytes are refused: a small request must not become a large one") {
  const auto request = test::write_request(wire::CommandBody::TxnOp, [](test::Builder& b) {
    const auto value = test::bytes_of(b, std::string(10'000, 'v'));
    std::vector<flatbuffers::Offset<wire::Op>> ops;
    for (int i = 0; i < 100; ++i) {
      const auto put = wire::CreatePutOp(b, test::bytes_of(b, std::to_string(i)), value);
      ops.push_back(wire::CreateOp(b, wire::OpBody::PutOp, put.Union()));
    }
    return wire::CreateTxnOp(b, 0, b.CreateVector(ops)).Union();
  });
  CHECK(refusal(FrameKind::write, request) == Errc::malformed);
}

TEST_CASE("kinds, choices and fields of a later version are refused as unsupported") {
  CHECK(refusal(FrameKind::write, test::write_request(static_cast<wire::CommandBody>(150), [](test::Builder& b) {
                  return wire::CreateLeaseRevoke(b, 3).Union();
                })) == Errc::unsupported);
  CHECK(refusal(FrameKind::write, test::write_request(wire::CommandBody::DeleteOp, [](test::Builder& b) {
                  const auto keys = wire::CreateKeys(b, static_cast<wire::KeysKind>(9), test::bytes_of(b, "k"));
                  return wire::CreateDeleteOp(b, keys).Union();
                })) == Errc::unsupported);
  CHECK(refusal(FrameKind::write, test::write_request(wire::CommandBody::LeaseRevoke, [](test::Builder& b) {
                  const auto start = b.StartTable();
                  b.AddElement<std::uint64_t>(wire::LeaseRevoke::VT_LEASE, 3, 0);
                  b.AddElement<std::uint64_t>(wire::LeaseRevoke::VT_LEASE + 2, 1, 0);
                  return test::Body(b.EndTable(start));
                })) == Errc::unsupported);
}

TEST_CASE("a read keeps its bytes and its query") {
  const auto reads = test::read_requests();
  const auto range = read_of(reads[0]);
  CHECK(range.backing.data() == reads[0].data());
  REQUIRE(range.guards.size() == 1);
  CHECK(range.guards[0].key == "g");
  const auto& op = std::get<mvcc::RangeOp>(range.query);
  CHECK(op.keys.kind == mvcc::KeySelector::Kind::range);
  CHECK(op.keys.begin == "a");
  CHECK(op.keys.end == "z");
  CHECK(op.at == Revision(5));
  CHECK(op.limit == 10);
  CHECK(op.limit_bytes == 1000);
  CHECK(op.keys_only);
  CHECK_FALSE(op.count_only);
  CHECK(op.sort_target == mvcc::SortTarget::mod);
  CHECK(op.sort_order == mvcc::SortOrder::descending);
  CHECK(op.max_create == Revision(4));

  const auto txn = read_of(reads[1]);
  CHECK(txn.consistency == engine::Consistency::at_least_revision);
  CHECK(txn.revision == Revision(44));
  CHECK(std::get<mvcc::TxnOp>(txn.query).success.size() == 1);
  CHECK(std::get<engine::LeaseTimeToLive>(read_of(reads[2]).query).id == LeaseId(5));
  const auto list = read_of(reads[3]);
  CHECK(list.age == milliseconds(1500));
  CHECK(std::get<engine::LeaseList>(list.query).count_max == 100);
}

TEST_CASE("a read transaction that changes something is refused, and so are guards on a local read") {
  test::Builder builder;
  auto txn = test::every_op(builder);
  builder.Finish(wire::CreateReadRequest(builder, wire::Consistency::linearizable, 0, 0, 0, wire::Query::TxnOp, txn.Union()));
  CHECK(refusal(FrameKind::read, Bytes::copy_of(test::view_of(builder))) == Errc::invalid_argument);

  builder.Clear();
  const auto guard = wire::CreateGuard(builder, 1, test::bytes_of(builder, "g"), 1);
  const auto guards = builder.CreateVector(std::vector<flatbuffers::Offset<wire::Guard>>{guard});
  const auto query = wire::CreateLeaseList(builder);
  builder.Finish(
      wire::CreateReadRequest(builder, wire::Consistency::serializable, 0, 0, guards, wire::Query::LeaseList, query.Union()));
  CHECK(refusal(FrameKind::read, Bytes::copy_of(test::view_of(builder))) == Errc::invalid_argument);
}

TEST_CASE("everything else a client asks comes through") {
  const auto asks = test::asks();
  const auto create = asked<engine::WatchCreate>(asks[0]);
  CHECK(create.id == engine::WatchId(1));
  CHECK(create.spec == mvcc::WatchSpec{mvcc::KeySelector::Kind::range, "a", "b", true, false, true, true});
  CHECK(create.from == Revision(6));
  CHECK_FALSE(create.bookmarks);
  CHECK(asked<engine::WatchCancel>(asks[1]).id == engine::WatchId(1));
  const auto turn = asked<engine::TurnWatch>(asks[2]);
  CHECK(turn.spec.prefix == "lock/");
  CHECK(turn.spec.own_key == "lock/5");
  CHECK(turn.spec.places == 3);
  CHECK(turn.with == engine::RequestId(9));
  (void)asked<engine::StatusRequest>(asks[3]);
  (void)asked<engine::MemberListRequest>(asks[4]);
  CHECK(asked<engine::MoveLeaderRequest>(asks[5]).to == MemberId(3));
  (void)asked<engine::HashRequest>(asks[6]);
  CHECK(asked<engine::MemberAddRequest>(asks[7]).name == "n4");
  CHECK(asked<engine::MemberAddRequest>(asks[7]).peer_address == "10.0.0.4:7401");
  CHECK(asked<engine::MemberRemoveRequest>(asks[8]).name == "n4");
}

TEST_CASE("a watch without an id is refused") {
  test::Builder builder;
  const auto watch = wire::CreateWatchCancel(builder, 0);
  builder.Finish(wire::CreateAsk(builder, wire::AskBody::WatchCancel, watch.Union()));
  CHECK(refusal(FrameKind::ask, Bytes::copy_of(test::view_of(builder))) == Errc::invalid_argument);
}

TEST_CASE("a frame of a kind that clients do not send is malformed") {
  CHECK(refusal(FrameKind::reply, test::put_request("k", "v")) == Errc::malformed);
  CHECK(refusal(FrameKind::write, Bytes()) == Errc::malformed);
  CHECK(refusal(FrameKind::write, Bytes(std::string(protocol::request_bytes_max + 1, 'x'))) == Errc::too_large);
}

TEST_CASE("a field of a later version is refused in reads and asks too") {
  const auto later = [](test::Builder& builder, flatbuffers::voffset_t last_known) {
    const auto start = builder.StartTable();
    builder.AddElement<std::uint64_t>(static_cast<flatbuffers::voffset_t>(last_known + 2), 1, 0);
    return test::Body(builder.EndTable(start));
  };
  const auto ask_of = [&](wire::AskBody kind, flatbuffers::voffset_t last_known) {
    test::Builder builder;
    const auto body = later(builder, last_known);
    builder.Finish(wire::CreateAsk(builder, kind, body));
    return refusal(FrameKind::ask, Bytes::copy_of(test::view_of(builder)));
  };
  CHECK(ask_of(wire::AskBody::WatchCreate, wire::WatchCreate::VT_BOOKMARKS) == Errc::unsupported);
  CHECK(ask_of(wire::AskBody::WatchCancel, wire::WatchCancel::VT_WATCH) == Errc::unsupported);
  CHECK(ask_of(wire::AskBody::TurnWatch, wire::TurnWatch::VT_WITH) == Errc::unsupported);
  CHECK(ask_of(wire::AskBody::MoveLeaderAsk, wire::MoveLeaderAsk::VT_TO) == Errc::unsupported);
  CHECK(ask_of(wire::AskBody::MemberAddAsk, wire::MemberAddAsk::VT_PEER_ADDRESS) == Errc::unsupported);
  CHECK(ask_of(wire::AskBody::MemberRemoveAsk, wire::MemberRemoveAsk::VT_NAME) == Errc::unsupported);
  test::Builder builder;
  const auto list = later(builder, wire::LeaseList::VT_COUNT_MAX);
  builder.Finish(wire::CreateReadRequest(builder, wire::Consistency::linearizable, 0, 0, 0, wire::Query::LeaseList, list));
  CHECK(refusal(FrameKind::read, Bytes::copy_of(test::view_of(builder))) == Errc::unsupported);
}
