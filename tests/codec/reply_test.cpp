#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/event_encoder.hpp"
#include "conclave/test/catch.hpp"
#include "samples.hpp"

using namespace conclave;
using protocol::FrameKind;

namespace {

template <class Table>
const Table& root(const Bytes& bytes) {
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  REQUIRE(verifier.VerifyBuffer<Table>(nullptr));
  return *flatbuffers::GetRoot<Table>(bytes.data());
}

ByteView text(const flatbuffers::Vector<std::uint8_t>* bytes) {
  return bytes == nullptr ? ByteView() : ByteView(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

const engine::ReplyHeader header{MemberId(1), MemberId(2), Term(3), Revision(40)};

struct Replied {
  explicit Replied(const engine::ReplyBody& body)
      : frame(test::received(codec::ClientEncoder().reply(engine::RequestId(99), header, body).view())) {}
  const wire::Reply& table() const { return root<wire::Reply>(frame.payload); }
  protocol::Frame frame;
};

engine::ReplyBody response(mvcc::ResponseBody body) {
  return std::make_shared<const mvcc::Response>(mvcc::Response{Revision(21), std::move(body)});
}

}  // namespace

TEST_CASE("a reply carries the request's id, who answers, and where the store stands") {
  const Replied replied(response(mvcc::PutResult{}));
  CHECK(replied.frame.kind == FrameKind::reply);
  CHECK(replied.frame.id == 99);
  const wire::Reply& reply = replied.table();
  CHECK(reply.member() == 1);
  CHECK(reply.leader() == 2);
  CHECK(reply.term() == 3);
  CHECK(reply.revision() == 40);
  CHECK(reply.outcome_revision() == 21);
  CHECK(reply.body_type() == wire::ReplyBody::PutResult);
}

TEST_CASE("every reply verifies and is of its own kind") {
  using wire::ReplyBody;
  const std::vector<ReplyBody> kinds = {
      ReplyBody::Refused,      ReplyBody::RangeResult,  ReplyBody::RangeResult,    ReplyBody::PutResult,
      ReplyBody::PutResult,    ReplyBody::DeleteResult, ReplyBody::TxnResult,      ReplyBody::LeaseGranted,
      ReplyBody::LeaseRevoked, ReplyBody::LeaseRenewed, ReplyBody::SessionOpened,  ReplyBody::SessionClosed,
      ReplyBody::Compacted,    ReplyBody::Done,         ReplyBody::AppliedEarlier, ReplyBody::Refused,
      ReplyBody::LeaseInfo,    ReplyBody::LeasePage,    ReplyBody::Status,         ReplyBody::MemberList,
      ReplyBody::Hash,         ReplyBody::Acknowledged, ReplyBody::WatchCreated};
  const auto replies = test::replies();
  REQUIRE(replies.size() == kinds.size());
  for (std::size_t i = 0; i < replies.size(); ++i) {
    CAPTURE(i);
    const Replied replied(replies[i]);
    CHECK(replied.table().body_type() == kinds[i]);
    CHECK(replied.table().body() != nullptr);
  }
}

TEST_CASE("a range's rows are all there, and keys-only rows have no values") {
  const mvcc::RangeResult range{{test::key_value("a", "1", 3), test::key_value("b", "2", 4)}, 7, true, "c", false};
  const Replied full(response(range));
  const auto* rows = full.table().body_as_RangeResult();
  REQUIRE(rows->kvs()->size() == 2);
  CHECK(text(rows->kvs()->Get(1)->key()) == "b");
  CHECK(text(rows->kvs()->Get(1)->value()) == "2");
  CHECK(rows->kvs()->Get(1)->mod() == 4);
  CHECK(rows->kvs()->Get(1)->create() == 3);
  CHECK(rows->kvs()->Get(1)->lease() == 104);
  CHECK(rows->count() == 7);
  CHECK(rows->more());
  CHECK(text(rows->next_key()) == "c");

  mvcc::RangeResult keys = range;
  keys.keys_only = true;
  const Replied bare(response(keys));
  CHECK(bare.table().body_as_RangeResult()->kvs()->Get(0)->value() == nullptr);
}

TEST_CASE("nested results keep their shape") {
  const mvcc::TxnResult inner{false, {mvcc::OpResult{mvcc::DeleteResult{3, {}}}}};
  const Replied replied(response(mvcc::TxnResult{true, {mvcc::OpResult{mvcc::PutResult{"made", nullptr}}, mvcc::OpResult{inner}}}));
  const auto* txn = replied.table().body_as_TxnResult();
  CHECK(txn->succeeded());
  REQUIRE(txn->results()->size() == 2);
  CHECK(text(txn->results()->Get(0)->body_as_PutResult()->key()) == "made");
  const auto* nested = txn->results()->Get(1)->body_as_TxnResult();
  CHECK_FALSE(nested->succeeded());
  CHECK(nested->results()->Get(0)->body_as_DeleteResult()->deleted() == 3);
}

TEST_CASE("an answer that no frame can carry becomes a refusal, but never hides that a write was applied") {
  mvcc::LeaseInfo lease;
  lease.keys.assign(200, std::string(32 * 1024, 'k'));
  const Replied info(lease);
  CHECK(info.table().body_as_Refused()->code() == static_cast<std::uint16_t>(Errc::too_large));

  mvcc::DeleteResult erase;
  for (int i = 0; i < 5; ++i) erase.prev.push_back(test::key_value("k", std::string(1 << 20, 'v'), 5));
  const Replied erased(response(erase));
  CHECK(erased.table().body_type() == wire::ReplyBody::AppliedEarlier);
  CHECK(erased.table().body_as_AppliedEarlier()->succeeded());
  CHECK(erased.table().outcome_revision() == 21);
}

TEST_CASE("an encoder can be used again after a large answer") {
  codec::ClientEncoder encoder;
  const mvcc::RangeResult large{{test::key_value("a", std::string(1 << 20, 'v'), 3)}, 1, false, "", false};
  const Bytes first = encoder.reply(engine::RequestId(1), header, response(large));
  const Bytes second = encoder.reply(engine::RequestId(2), header, response(mvcc::Done{}));
  CHECK(first.size() > (1 << 20));
  CHECK(second.size() < 200);
  CHECK(test::received(first.view()).id == 1);
  CHECK(test::received(second.view()).id == 2);
}

TEST_CASE("events are encoded once and shared by the pushes") {
  const auto events = test::events();
  const Bytes encoded = codec::EventEncoder().encode(events, true, false);
  codec::ClientEncoder encoder;
  const std::vector<engine::WatchId> watches = {engine::WatchId(4), engine::WatchId(7)};
  const auto push = encoder.events_push(watches, Revision(8), encoded, true);
  REQUIRE(push.tail.size() == 1);
  CHECK(push.tail[0].data() == encoded.data());

  const auto frame = test::received(test::joined(push));
  CHECK(frame.kind == FrameKind::events_push);
  const auto sections = protocol::split(frame);
  REQUIRE(sections.has_value());
  const auto& head = root<wire::EventsPush>(sections->head);
  CHECK(head.watches()->size() == 2);
  CHECK(head.watches()->Get(1) == 7);
  CHECK(head.revision() == 8);
  CHECK(head.more());
  const auto& tail = root<wire::Events>(sections->tail);
  REQUIRE(tail.events()->size() == 3);
  const auto* put = tail.events()->Get(0);
  CHECK(text(put->kv()->value()) == "new");
  CHECK(text(put->prev()->value()) == "old");
  CHECK(tail.events()->Get(1)->prev() == nullptr);
  const auto* erase = tail.events()->Get(2);
  CHECK(erase->kind() == wire::EventKind::erase);
  CHECK(erase->cause() == wire::EventCause::lease_expired);
  CHECK(erase->kv()->mod() == 8);
}

TEST_CASE("events leave out what a watch does not want") {
  const auto events = test::events();
  const Bytes bare = codec::EventEncoder().encode(events, false, true);
  const auto& table = root<wire::Events>(bare);
  CHECK(table.events()->Get(0)->prev() == nullptr);
  CHECK(table.events()->Get(0)->kv()->value() == nullptr);
  CHECK(text(table.events()->Get(0)->kv()->key()) == "a");
  const Bytes previous_keys = codec::EventEncoder().encode(events, true, true);
  CHECK(root<wire::Events>(previous_keys).events()->Get(0)->prev()->value() == nullptr);
}

TEST_CASE("the other pushes say what they were told") {
  codec::ClientEncoder encoder;
  const std::vector<engine::WatchId> watches = {engine::WatchId(4)};
  const auto bookmark = test::received(encoder.bookmark_push(watches, Revision(9)).view());
  CHECK(bookmark.kind == FrameKind::bookmark_push);
  CHECK(root<wire::Bookmark>(bookmark.payload).revision() == 9);
  CHECK(root<wire::Bookmark>(bookmark.payload).watches()->Get(0) == 4);
  const auto ended = test::received(encoder.watch_ended_push(engine::WatchId(4), {Errc::compacted, Revision(7)}).view());
  CHECK(ended.kind == FrameKind::watch_ended_push);
  CHECK(root<wire::WatchEnded>(ended.payload).code() == static_cast<std::uint16_t>(Errc::compacted));
  CHECK(root<wire::WatchEnded>(ended.payload).oldest() == 7);
  const auto turn = test::received(encoder.turn_fired_push(engine::WatchId(5), {mvcc::TurnId(1), Revision(8), true, 2}).view());
  CHECK(turn.kind == FrameKind::turn_fired_push);
  CHECK(root<wire::TurnFired>(turn.payload).watch() == 5);
  CHECK(root<wire::TurnFired>(turn.payload).gone());
  CHECK(root<wire::TurnFired>(turn.payload).ahead() == 2);
  const auto news = test::received(encoder.leader_news_push(true, MemberId(3)).view());
  CHECK(news.kind == FrameKind::leader_news_push);
  CHECK(root<wire::LeaderNews>(news.payload).has_leader());
  CHECK(root<wire::LeaderNews>(news.payload).leader() == 3);
}
