// What comes over a socket, from a client, a member or a server: however it is cut, the same frames are made of it; each is read or
// refused; requests that are read are carried out by a machine, which stays whole, and its answers are read by a client.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "conclave/codec/batch_codec.hpp"
#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/event_encoder.hpp"
#include "conclave/codec/event_reader.hpp"
#include "conclave/codec/peer_codec.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/protocol/handshake.hpp"
#include "fuzz.hpp"
#include "wire.hpp"

using namespace conclave;
using fuzz::demand;
using protocol::Frame;
using protocol::FrameKind;

namespace {

constexpr std::size_t payload_max = 64 * 1024;

struct Cut {
  std::vector<Frame> frames;
  std::optional<Errc> error;
};

Cut cut(std::string_view bytes, std::size_t piece) {
  protocol::FrameParser parser(payload_max);
  Cut cut;
  while (!bytes.empty()) {
    const auto space = parser.space();
    demand(!space.empty(), "there is room for what comes");
    const std::size_t count = std::min({space.size(), bytes.size(), piece});
    std::copy_n(bytes.begin(), count, space.begin());
    parser.received(count);
    bytes.remove_prefix(count);
    for (;;) {
      auto frame = parser.next();
      if (!frame.has_value()) {
        cut.error = frame.error().code;
        return cut;
      }
      if (!frame->has_value()) break;
      demand((*frame)->payload.size() <= payload_max, "a frame is not larger than allowed");
      cut.frames.push_back(std::move(**frame));
    }
  }
  return cut;
}

bool same(const Frame& a, const Frame& b) {
  return a.kind == b.kind && a.has_tail == b.has_tail && a.id == b.id && a.payload.view() == b.payload.view();
}

/// A member's state and what turns requests into it.
class Store {
 public:
  void carry_out(const Frame& frame) {
    const mvcc::Limits limits;
    auto body = codec::decode_request(frame.kind, frame.payload, limits);
    if (!body.has_value()) return;
    if (const auto* write = std::get_if<engine::WriteRequest>(&*body)) apply(frame.id, *write);
    if (const auto* read = std::get_if<engine::ReadRequest>(&*body)) answer(*read);
  }
  void check() const { machine_.check_invariants(); }

 private:
  void apply(std::uint64_t request, const engine::WriteRequest& write) {
    const engine::PendingCommand command{MemberId(1), Incarnation(2), request, "somebody", 0, write.request};
    const Bytes payload = batches_.encode(mvcc::machine_version_max, cluster_time_from_millis(++stamp_), {&command, 1});
    Arena arena;
    const auto batch = batches_.decode(payload, arena);
    demand(batch.has_value() && batch->commands.size() == 1, "what a member wrote into the log it can read");
    mvcc::ApplyResult result = machine_.apply(machine_.applied().next(), Term(1), *batch);
    demand(result.responses.size() == 1, "each command has an answer");
    tell(std::make_shared<const mvcc::Response>(std::move(result.responses.front())));
    for (const mvcc::EventBatchPtr& events : result.events) push(*events);
  }

  void answer(const engine::ReadRequest& read) {
    static_cast<void>(machine_.guards_hold(read.guards));
    if (const auto* range = std::get_if<mvcc::RangeOp>(&read.query)) {
      if (!machine_.history_needed(range->at)) static_cast<void>(machine_.range(*range));
    }
    if (const auto* txn = std::get_if<mvcc::TxnOp>(&read.query)) static_cast<void>(machine_.read_txn(*txn));
  }

  void tell(const mvcc::ResponsePtr& response) {
    const Bytes bytes = encoder_.reply(engine::RequestId(7), {MemberId(1), MemberId(1), Term(1), machine_.revision()}, response);
    const Cut read = cut(bytes.view(), bytes.size());
    // An answer may be larger than what strangers may send here.
    if (read.error == Errc::too_large) return;
    demand(read.frames.size() == 1 && client::decode_reply(read.frames.front()).has_value(), "a client reads the answer");
  }

  void push(const mvcc::EventBatch& batch) {
    for (const bool keys_only : {false, true}) {
      const Bytes events = codec::EventEncoder().encode(batch.events, true, keys_only);
      const auto read = codec::read_events(events.view());
      demand(read.has_value() && read->size() == batch.events.size(), "events that were pushed can be read");
    }
  }

  mvcc::Machine machine_;
  codec::BatchCodec batches_;
  codec::ClientEncoder encoder_;
  std::int64_t stamp_ = 0;
};

void read_handshake(const Frame& frame) {
  static_cast<void>(protocol::decode_client_hello(frame.payload));
  static_cast<void>(protocol::decode_server_hello(frame.payload));
  static_cast<void>(protocol::decode_peer_hello(frame.payload));
  static_cast<void>(protocol::decode_peer_welcome(frame.payload));
  static_cast<void>(protocol::decode_farewell(frame.payload));
}

void read_peer(const Frame& frame) {
  const auto message = codec::decode_peer(frame);
  if (!message.has_value()) return;
  codec::PeerEncoder encoder;
  std::string joined;
  const protocol::OutFrame out = encoder.encode(*message);
  joined.append(out.head.view());
  for (const Bytes& part : out.tail) joined.append(part.view());
  const Cut again = cut(joined, joined.size());
  if (again.error == Errc::too_large) return;
  demand(again.frames.size() == 1, "a message is one frame");
  const auto second = codec::decode_peer(again.frames.front());
  demand(second.has_value() && second->index() == message->index(), "a message that was read can be passed on");
}

void read(const Frame& frame, Store& store) {
  if (frame.kind == FrameKind::write || frame.kind == FrameKind::read || frame.kind == FrameKind::ask)
    return store.carry_out(frame);
  if (frame.kind == FrameKind::peer_message) return read_peer(frame);
  if (frame.kind == FrameKind::reply) return static_cast<void>(client::decode_reply(frame));
  if (frame.kind < FrameKind::write) return read_handshake(frame);
  static_cast<void>(client::decode_push(frame));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const Cut whole = cut(bytes, std::max<std::size_t>(size, 1));
  const Cut pieces = cut(bytes, 3);
  demand(whole.error == pieces.error && std::ranges::equal(whole.frames, pieces.frames, same),
         "the same frames however they are cut");
  Store store;
  for (const Frame& frame : whole.frames) read(frame, store);
  store.check();
  return 0;
}
