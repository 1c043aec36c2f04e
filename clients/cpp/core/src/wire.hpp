#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <variant>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/base/result.hpp"
#include "conclave/client/request.hpp"
#include "conclave/client/types.hpp"
#include "conclave/protocol/frame.hpp"

/// Between the client's values and frames. Decoders verify before they read and are total.
namespace conclave::client {

/// What makes a repeat of a write recognisable. All zero: without a session.
struct SessionStamp {
  LeaseId session;
  RequestSeq sequence;
  RequestSeq first_outstanding;
};

/// Makes whole frames, one after the other in the same memory.
class Encoder {
 public:
  [[nodiscard]] Bytes write(std::uint64_t id, const Write& write, const SessionStamp& stamp);
  [[nodiscard]] Bytes read(std::uint64_t id, const Read& read);
  [[nodiscard]] Bytes ask(std::uint64_t id, const Ask& ask);
  [[nodiscard]] Bytes session_open(std::uint64_t id, std::uint64_t nonce, std::chrono::milliseconds ttl, std::string_view owner);
  [[nodiscard]] Bytes session_close(std::uint64_t id, LeaseId session);
  [[nodiscard]] Bytes watch(std::uint64_t id, std::uint64_t watch, const WatchOptions& options);
  /// `with`: the id of a write that follows; zero: it begins at once.
  [[nodiscard]] Bytes turn(std::uint64_t id, std::uint64_t watch, const TurnOptions& options, std::uint64_t with);
  [[nodiscard]] Bytes cancel(std::uint64_t id, std::uint64_t watch);

 private:
  [[nodiscard]] flatbuffers::FlatBufferBuilder& begin();

  flatbuffers::FlatBufferBuilder to_;
};

/// A refusal as the server sent it.
struct WireRefused {
  Error error;
  Revision compacted;
};
struct WireSessionOpened {
  LeaseId id;
  std::chrono::milliseconds ttl{};
};
struct WireWatchCreated {
  Revision start;
};
struct WireReply {
  Header header;  ///< the cluster is not part of a reply: the link knows it
  std::variant<WireRefused, WireSessionOpened, WireWatchCreated, Reply> body;
};
[[nodiscard]] Result<WireReply> decode_reply(const protocol::Frame& frame);

struct EventsPush {
  std::vector<std::uint64_t> watches;
  Revision revision;
  std::vector<Event> events;
  bool more = false;
};
struct BookmarkPush {
  std::vector<std::uint64_t> watches;
  Revision revision;
};
struct WatchEndedPush {
  std::uint64_t watch = 0;
  Errc reason = Errc::cancelled;
  Revision oldest;
};
struct TurnPush {
  std::uint64_t watch = 0;
  TurnFired turn;
};
struct LeaderNewsPush {
  bool has_leader = false;
  MemberId leader;
};
using Push = std::variant<EventsPush, BookmarkPush, WatchEndedPush, TurnPush, LeaderNewsPush>;
/// Errc::unsupported for a kind that this version does not know: it may be ignored.
[[nodiscard]] Result<Push> decode_push(const protocol::Frame& frame);

}  // namespace conclave::client
