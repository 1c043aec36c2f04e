#include "samples.hpp"

#include <cstring>

#include "conclave/test/catch.hpp"

namespace conclave::test {

using flatbuffers::Offset;

Bytes write_request(wire::CommandBody kind, const std::function<Body(Builder&)>& make, Session session, std::size_t guards) {
  Builder builder;
  std::vector<Offset<wire::Guard>> made;
  for (std::size_t i = 0; i < guards; ++i) {
    made.push_back(wire::CreateGuard(builder, 70 + i, bytes_of(builder, "guard" + std::to_string(i)), 90 + i));
  }
  const auto guard_vector = builder.CreateVector(made);
  const Body body = make(builder);
  builder.Finish(
      wire::CreateWriteRequest(builder, session.id, session.sequence, session.first_outstanding, guard_vector, kind, body));
  return Bytes::copy_of(view_of(builder));
}

Bytes put_request(ByteView key, ByteView value, Session session, std::size_t guards) {
  return write_request(
      wire::CommandBody::PutOp,
      [&](Builder& builder) {
        const auto key_bytes = bytes_of(builder, key);
        const auto value_bytes = bytes_of(builder, value);
        return wire::CreatePutOp(builder, key_bytes, value_bytes, 7, true).Union();
      },
      session, guards);
}

namespace {

Offset<wire::Keys> keys(Builder& builder, wire::KeysKind kind, ByteView begin, ByteView end = {}) {
  const auto begin_bytes = bytes_of(builder, begin);
  const auto end_bytes = bytes_of(builder, end);
  return wire::CreateKeys(builder, kind, begin_bytes, end_bytes);
}
Offset<wire::Op> put_op(Builder& builder, ByteView key) {
  const auto put = wire::CreatePutOp(builder, bytes_of(builder, key), bytes_of(builder, "v"));
  return wire::CreateOp(builder, wire::OpBody::PutOp, put.Union());
}
Offset<wire::TxnOp> nested(Builder& builder, std::size_t depth) {
  const auto inner =
      depth == 1 ? put_op(builder, "k") : wire::CreateOp(builder, wire::OpBody::TxnOp, nested(builder, depth - 1).Union());
  return wire::CreateTxnOp(builder, 0, builder.CreateVector(std::vector<Offset<wire::Op>>{inner}));
}
Offset<wire::RangeOp> range(Builder& builder) {
  return wire::CreateRangeOp(builder, keys(builder, wire::KeysKind::range, "a", "z"), 5, 10, 1000, true, false,
                             wire::SortTarget::mod, wire::SortOrder::descending, 1, 2, 3, 4);
}

}  // namespace

Bytes nested_txn_request(std::size_t depth) {
  return write_request(wire::CommandBody::TxnOp, [&](Builder& builder) { return nested(builder, depth).Union(); });
}

Bytes wide_txn_request(std::size_t puts, std::size_t compares) {
  return write_request(wire::CommandBody::TxnOp, [&](Builder& builder) {
    std::vector<Offset<wire::Op>> ops;
    for (std::size_t i = 0; i < puts; ++i) ops.push_back(put_op(builder, std::to_string(i)));
    std::vector<Offset<wire::Compare>> all;
    for (std::size_t i = 0; i < compares; ++i) {
      all.push_back(wire::CreateCompare(builder, keys(builder, wire::KeysKind::single, std::to_string(i))));
    }
    const auto compare_vector = builder.CreateVector(all);
    return wire::CreateTxnOp(builder, compare_vector, builder.CreateVector(ops)).Union();
  });
}

Offset<wire::TxnOp> every_op(Builder& builder) {
  const auto compare = wire::CreateCompare(builder, keys(builder, wire::KeysKind::prefix, "p/"), wire::CompareTarget::value,
                                           wire::CompareRelation::less, 9, bytes_of(builder, "w"));
  const auto erase = wire::CreateDeleteOp(builder, keys(builder, wire::KeysKind::from, "x"), true);
  const std::vector<Offset<wire::Op>> ops = {put_op(builder, "k"),
                                             wire::CreateOp(builder, wire::OpBody::RangeOp, range(builder).Union()),
                                             wire::CreateOp(builder, wire::OpBody::DeleteOp, erase.Union()),
                                             wire::CreateOp(builder, wire::OpBody::TxnOp, nested(builder, 2).Union())};
  const auto compares = builder.CreateVector(std::vector<Offset<wire::Compare>>{compare});
  const auto success = builder.CreateVector(ops);
  return wire::CreateTxnOp(builder, compares, success, builder.CreateVector(std::vector<Offset<wire::Op>>{put_op(builder, "e")}));
}

std::vector<Bytes> write_requests() {
  using wire::CommandBody;
  const std::vector<std::uint64_t> ids = {4, 5, 6};
  std::vector<Bytes> out;
  out.push_back(put_request("key", "value", {9, 3, 2}, 2));
  out.push_back(write_request(CommandBody::DeleteOp, [](Builder& b) {
    return wire::CreateDeleteOp(b, keys(b, wire::KeysKind::prefix, "p"), true).Union();
  }));
  out.push_back(write_request(
      CommandBody::TxnOp, [](Builder& b) { return every_op(b).Union(); }, {9, 4, 2}, 1));
  out.push_back(write_request(CommandBody::LeaseGrant, [](Builder& b) {
    return wire::CreateLeaseGrant(b, 3, 10'000, bytes_of(b, "owner"), bytes_of(b, "note")).Union();
  }));
  out.push_back(write_request(CommandBody::LeaseRevoke, [](Builder& b) { return wire::CreateLeaseRevoke(b, 3).Union(); }));
  out.push_back(
      write_request(CommandBody::LeaseRenew, [&](Builder& b) { return wire::CreateLeaseRenew(b, b.CreateVector(ids)).Union(); }));
  out.push_back(write_request(CommandBody::SessionOpen, [](Builder& b) {
    return wire::CreateSessionOpen(b, 77, 20'000, bytes_of(b, "owner"), bytes_of(b, "note")).Union();
  }));
  out.push_back(write_request(CommandBody::SessionClose, [](Builder& b) { return wire::CreateSessionClose(b, 9).Union(); }));
  out.push_back(write_request(CommandBody::Compact, [](Builder& b) { return wire::CreateCompact(b, 12).Union(); }));
  return out;
}

namespace {

Bytes read_request(wire::Query kind, const std::function<Body(Builder&)>& make, wire::Consistency consistency, bool guarded) {
  Builder builder;
  std::vector<Offset<wire::Guard>> guards;
  if (guarded) guards.push_back(wire::CreateGuard(builder, 3, bytes_of(builder, "g"), 8));
  const auto vector = builder.CreateVector(guards);
  const Body query = make(builder);
  builder.Finish(wire::CreateReadRequest(builder, consistency, 44, 1500, vector, kind, query));
  return Bytes::copy_of(view_of(builder));
}

Bytes ask(wire::AskBody kind, const std::function<Body(Builder&)>& make) {
  Builder builder;
  const Body body = make(builder);
  builder.Finish(wire::CreateAsk(builder, kind, body));
  return Bytes::copy_of(view_of(builder));
}

}  // namespace

std::vector<Bytes> read_requests() {
  using wire::Consistency;
  using wire::Query;
  return {
      read_request(
          Query::RangeOp, [](Builder& b) { return range(b).Union(); }, Consistency::linearizable, true),
      read_request(
          Query::TxnOp,
          [](Builder& b) {
            const auto op = wire::CreateOp(b, wire::OpBody::RangeOp, range(b).Union());
            return wire::CreateTxnOp(b, 0, b.CreateVector(std::vector<Offset<wire::Op>>{op})).Union();
          },
          Consistency::at_least_revision, false),
      read_request(
          Query::LeaseTimeToLive, [](Builder& b) { return wire::CreateLeaseTimeToLive(b, 5, true).Union(); },
          Consistency::serializable, false),
      read_request(
          Query::LeaseList, [](Builder& b) { return wire::CreateLeaseList(b, 5, 100).Union(); }, Consistency::at_most_old, false)};
}

std::vector<Bytes> asks() {
  using wire::AskBody;
  return {
      ask(AskBody::WatchCreate,
          [](Builder& b) {
            return wire::CreateWatchCreate(b, 1, keys(b, wire::KeysKind::range, "a", "b"), 6, true, false, true, true, false)
                .Union();
          }),
      ask(AskBody::WatchCancel, [](Builder& b) { return wire::CreateWatchCancel(b, 1).Union(); }),
      ask(AskBody::TurnWatch,
          [](Builder& b) { return wire::CreateTurnWatch(b, 2, bytes_of(b, "lock/"), bytes_of(b, "lock/5"), 3, 9).Union(); }),
      ask(AskBody::StatusAsk, [](Builder& b) { return wire::CreateStatusAsk(b).Union(); }),
      ask(AskBody::MemberListAsk, [](Builder& b) { return wire::CreateMemberListAsk(b).Union(); }),
      ask(AskBody::MoveLeaderAsk, [](Builder& b) { return wire::CreateMoveLeaderAsk(b, 3).Union(); }),
      ask(AskBody::HashAsk, [](Builder& b) { return wire::CreateHashAsk(b).Union(); }),
      ask(AskBody::MemberAddAsk,
          [](Builder& b) { return wire::CreateMemberAddAsk(b, b.CreateString("n4"), b.CreateString("10.0.0.4:7401")).Union(); }),
      ask(AskBody::MemberRemoveAsk, [](Builder& b) { return wire::CreateMemberRemoveAsk(b, b.CreateString("n4")).Union(); })};
}

mvcc::KeyValuePtr key_value(std::string key, std::string value, std::uint64_t mod) {
  return mvcc::make_key_value(key, value, mvcc::KeyValue::Versions{Revision(mod - 1), Revision(mod), 2, LeaseId(mod + 100)});
}

std::vector<mvcc::Event> events() {
  const auto gone = mvcc::make_key_value("gone", "", mvcc::KeyValue::Versions{Revision(), Revision(8), 0, LeaseId()});
  return {{mvcc::EventKind::put, mvcc::EventCause::request, key_value("a", "new", 8), key_value("a", "old", 5)},
          {mvcc::EventKind::put, mvcc::EventCause::request, key_value("b", "", 8), nullptr},
          {mvcc::EventKind::erase, mvcc::EventCause::lease_expired, gone, key_value("gone", "was", 7)}};
}

raft::Membership membership() {
  raft::Membership membership;
  membership.voters = {MemberId(1), MemberId(2), MemberId(4)};
  membership.outgoing = {MemberId(1), MemberId(2), MemberId(3)};
  membership.learners = {MemberId(5)};
  membership.learners_next = {MemberId(3)};
  for (std::uint64_t id = 1; id <= 5; ++id) {
    const std::string number = std::to_string(id);
    membership.members.push_back({MemberId(id), Incarnation(id * 11), "m" + number, "host" + number + ":7401",
                                  "host" + number + ":7400", "host" + number + ":7402"});
  }
  return membership;
}

std::vector<mvcc::ResponseBody> responses() {
  using namespace mvcc;
  const RangeResult range{{key_value("a", "1", 3), key_value("b", "2", 4)}, 7, true, "c", false};
  const RangeResult keys{{key_value("a", "1", 3)}, 1, false, "", true};
  const PutResult put{"made/001", key_value("made", "x", 9)};
  const DeleteResult erase{2, {key_value("a", "1", 3), key_value("b", "2", 4)}};
  const TxnResult inner{false, {OpResult{put}, OpResult{PutResult{}}}};
  const TxnResult txn{true, {OpResult{range}, OpResult{keys}, OpResult{erase}, OpResult{inner}}};
  return {Refused{Errc::compacted, "too old", Revision(5)},
          range,
          keys,
          put,
          PutResult{},
          erase,
          txn,
          LeaseGranted{LeaseId(4), seconds(10)},
          LeaseRevoked{3},
          LeaseRenewed{{{LeaseId(4), seconds(10)}, {LeaseId(5), milliseconds(0)}}},
          SessionOpened{LeaseId(6), seconds(20)},
          SessionClosed{},
          Compacted{Revision(8)},
          Done{},
          AppliedEarlier{true}};
}

std::vector<engine::ReplyBody> replies() {
  std::vector<engine::ReplyBody> out;
  for (auto& body : responses())
    out.emplace_back(std::make_shared<const mvcc::Response>(mvcc::Response{Revision(21), std::move(body)}));
  mvcc::LeaseInfo lease{LeaseId(4), seconds(10), seconds(3), "owner", "note", true, 2, {"a", "b"}};
  engine::StatusReply status;
  status.name = "m1";
  status.member = MemberId(1);
  status.applied = Index(55);
  status.version = "0.1.0";
  status.alarms = {"disk-low"};
  out.emplace_back(mvcc::Refused{Errc::not_leader, "ask member 2", Revision()});
  out.emplace_back(lease);
  out.emplace_back(mvcc::LeaseListPage{{lease, lease}, LeaseId(9)});
  out.emplace_back(status);
  out.emplace_back(engine::MemberListReply{membership()});
  out.emplace_back(engine::HashReply{Index(3), Revision(4), 5});
  out.emplace_back(engine::Acknowledged{});
  out.emplace_back(engine::WatchCreated{Revision(6)});
  return out;
}

std::vector<engine::PeerMessage> peer_messages() {
  using namespace raft;
  const auto entry = [](std::uint64_t term, std::uint64_t index, EntryBody body) {
    return std::make_shared<const Entry>(Entry{{Term(term), Index(index)}, std::move(body)});
  };
  AppendRequest append{Term(5), {Term(4), Index(10)}, {}, Index(9), Stamp(1234)};
  append.entries = {entry(4, 11, Bytes(std::string("a batch"))), entry(5, 12, NoOp{}), entry(5, 13, membership()),
                    entry(5, 14, Bytes(std::string("16 bytes of text"))), entry(5, 15, Bytes())};
  SnapshotChunk chunk{Term(5), {{Term(4), Index(10)}, membership(), 1000}, 500, Bytes(std::string(500, 's')), true};
  std::vector<engine::PeerMessage> out;
  const auto raft_message = [&](Message message) { out.emplace_back(std::move(message)); };
  raft_message(VoteRequest{Term(5), {Term(4), Index(10)}, true, true});
  raft_message(VoteReply{Term(5), true, true, Stamp(9), Term(4)});
  raft_message(append);
  raft_message(AppendRequest{Term(5), {}, {}, Index(), Stamp()});
  raft_message(AppendReply{Term(5), true, Index(7), {Term(3), Index(6)}});
  raft_message(Heartbeat{Term(5), Index(7), 33, Stamp(9)});
  raft_message(HeartbeatReply{Term(5), 33});
  raft_message(chunk);
  raft_message(SnapshotChunk{Term(5), {{Term(4), Index(10)}, {}, 1000}, 0, {}, false});
  raft_message(SnapshotReply{Term(5), {Term(4), Index(10)}, 600, true, false});
  raft_message(TimeoutNow{Term(5)});
  out.emplace_back(engine::Forward{77, Incarnation(5), "CN=agent", true, put_request("k", "v"), true});
  out.emplace_back(engine::ForwardRefused{77, Errc::not_leader});
  out.emplace_back(engine::ReadIndexAsk{8});
  out.emplace_back(engine::ReadIndexAnswer{8, true, Index(44)});
  out.emplace_back(engine::StateHash{Index(44), 123456789});
  out.emplace_back(engine::MemberNews{MachineVersion(1), true, "10.0.0.1:7400", true, MemberId(3), "10.0.0.1:7402", false});
  return out;
}

std::vector<mvcc::Row> rows() {
  std::vector<mvcc::Row> out;
  out.emplace_back(mvcc::KeyRow{key_value("key", std::string("va\0lue", 6), 7)});
  out.emplace_back(mvcc::KeyRow{key_value("empty", "", 7)});
  out.emplace_back(mvcc::LeaseRow{LeaseId(4), seconds(10), cluster_time_from_millis(99'000), "owner", "note", true, 0xfeed'beefULL,
                                  RequestSeq(3)});
  std::uint64_t sequence = 0;
  for (auto& body : responses()) {
    auto response = std::make_shared<const mvcc::Response>(mvcc::Response{Revision(21), std::move(body)});
    out.emplace_back(mvcc::OutcomeRow{LeaseId(4), RequestSeq(++sequence), std::move(response)});
  }
  const auto first = std::make_shared<const mvcc::EventBatch>(mvcc::EventBatch{Revision(7), events()});
  const auto second = std::make_shared<const mvcc::EventBatch>(mvcc::EventBatch{Revision(8), events()});
  out.emplace_back(mvcc::HistoryRow{Revision(8), {first, second}});
  out.emplace_back(
      mvcc::MetaRow{Index(50), Term(3), cluster_time_from_millis(98'000), Revision(8), Revision(2), MachineVersion(1)});
  return out;
}

std::string joined(const protocol::OutFrame& frame) {
  std::string bytes(frame.head.view());
  for (const Bytes& part : frame.tail) bytes.append(part.view());
  return bytes;
}

protocol::Frame received(ByteView frame) {
  protocol::FrameParser parser(protocol::peer_bytes_max);
  while (!frame.empty()) {
    const auto space = parser.space();
    const std::size_t count = std::min(space.size(), frame.size());
    std::memcpy(space.data(), frame.data(), count);
    parser.received(count);
    frame.remove_prefix(count);
  }
  auto next = parser.next();
  REQUIRE(next.has_value());
  REQUIRE(next->has_value());
  REQUIRE(parser.buffered() == 0);
  return **next;
}

std::string damaged(ByteView bytes, Prng& prng) {
  std::string out(bytes);
  if (prng.chance(1, 4) && !out.empty()) out.resize(prng.below(out.size()));
  if (prng.chance(1, 8)) out.append(prng.between(1, 9), static_cast<char>(prng.below(256)));
  if (out.empty()) return out;
  for (std::uint64_t flips = prng.below(6); flips > 0; --flips) {
    char& byte = out[prng.below(out.size())];
    byte = prng.chance(1, 2) ? static_cast<char>(byte ^ (1 << prng.below(8))) : static_cast<char>(prng.below(256));
  }
  return out;
}

}  // namespace conclave::test
