#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conclave/base/prng.hpp"
#include "conclave/engine/ports.hpp"
#include "conclave/mvcc/state_row.hpp"
#include "conclave/protocol/client_generated.h"
#include "conclave/protocol/frame.hpp"
#include "conclave/protocol/limits.hpp"

/// Values of every kind, for round trips and for damage.
namespace conclave::test {

using Builder = flatbuffers::FlatBufferBuilder;
using Body = flatbuffers::Offset<void>;

inline ByteView view_of(const Builder& builder) {
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}
inline auto bytes_of(Builder& builder, ByteView bytes) {
  return builder.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

struct Session {
  std::uint64_t id = 0;
  std::uint64_t sequence = 0;
  std::uint64_t first_outstanding = 0;
};
/// A WriteRequest around what `make` builds.
[[nodiscard]] Bytes write_request(wire::CommandBody kind, const std::function<Body(Builder&)>& make, Session session = {},
                                  std::size_t guards = 0);
[[nodiscard]] Bytes put_request(ByteView key, ByteView value, Session session = {}, std::size_t guards = 0);
/// Transactions in each other, `depth` in all; the innermost has one put.
[[nodiscard]] Bytes nested_txn_request(std::size_t depth);
/// A transaction of `puts` puts and `compares` compares.
[[nodiscard]] Bytes wide_txn_request(std::size_t puts, std::size_t compares);
[[nodiscard]] flatbuffers::Offset<wire::TxnOp> every_op(Builder& builder);
/// One request of every kind that a client may write.
[[nodiscard]] std::vector<Bytes> write_requests();
[[nodiscard]] std::vector<Bytes> read_requests();
[[nodiscard]] std::vector<Bytes> asks();

[[nodiscard]] mvcc::KeyValuePtr key_value(std::string key, std::string value, std::uint64_t mod);
[[nodiscard]] std::vector<mvcc::Event> events();
[[nodiscard]] raft::Membership membership();
/// One response of every kind.
[[nodiscard]] std::vector<mvcc::ResponseBody> responses();
[[nodiscard]] std::vector<engine::ReplyBody> replies();
/// One message of every kind.
[[nodiscard]] std::vector<engine::PeerMessage> peer_messages();
/// One row of every kind, and several outcomes.
[[nodiscard]] std::vector<mvcc::Row> rows();

/// The frame as one string, as it goes over the wire.
[[nodiscard]] std::string joined(const protocol::OutFrame& frame);
/// What a parser makes of it.
[[nodiscard]] protocol::Frame received(ByteView frame);
/// Flips bits, overwrites, cuts or lengthens.
[[nodiscard]] std::string damaged(ByteView bytes, Prng& prng);

}  // namespace conclave::test
