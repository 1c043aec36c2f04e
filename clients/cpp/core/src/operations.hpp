#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shared.hpp"
#include "sorted_queue.hpp"
#include "watch_book.hpp"
#include "wire.hpp"

namespace conclave::client {

/// The program's requests until they are completed: sent, sent again, given up at their deadline. Writes carry the session's
/// sequence, so that a repeat takes effect once. Watches that begin with a write are told of its way.
class Operations {
 public:
  Operations(Shared& shared, WatchBook& watches) : shared_(shared), watches_(watches) {}

  OperationId submit(Request&& request, Instant deadline);
  void cancel(OperationId operation);
  void fail_all(const Error& error);
  void on_time();

  /// Sends what may be sent over `link`. `session`: zero while none is open.
  void flush(LinkId link, std::uint32_t in_flight_max, LeaseId session);
  void on_link_lost();
  /// True if the id was of an operation.
  enum class After { done, retry, elsewhere, session_gone, not_ours };
  [[nodiscard]] After on_reply(std::uint64_t wire_id, WireReply&& reply);
  /// The session cannot be used any more.
  void on_session_gone(LeaseId session);

  [[nodiscard]] bool waits(OperationId operation) const { return operations_.contains(operation); }
  [[nodiscard]] bool wants_session() const;
  /// A write without a session is on its way: its answer would be lost with the link.
  [[nodiscard]] bool has_unrepeatable_in_flight() const;
  [[nodiscard]] std::optional<Instant> next_deadline() const;

 private:
  struct Operation {
    Operation(Request&& what, Instant until) : request(std::move(what)), deadline(until) {}

    Request request;
    Instant deadline;
    LeaseId session;                 ///< under which the sequence counts
    RequestSeq sequence;             ///< zero: not assigned
    bool may_have_happened = false;  ///< an earlier try was sent and not refused
    bool in_flight = false;
    std::uint64_t wire_id = 0;
    Instant not_before;  ///< pause after a refusal
    std::uint32_t refusals = 0;
  };

  [[nodiscard]] bool needs_session(const Operation& operation) const;
  [[nodiscard]] bool repeatable(const Operation& operation) const;
  [[nodiscard]] RequestSeq first_outstanding() const;
  [[nodiscard]] std::vector<OperationId> all() const;
  void send(OperationId id, Operation& operation, LinkId link);
  void complete(OperationId id, Result<Reply>&& outcome);
  void release_sequence(Operation& operation);
  void give_up(OperationId id, Operation& operation);
  [[nodiscard]] After on_refused(OperationId id, Operation& operation, const WireRefused& refused);
  void retry_later(OperationId id, Operation& operation);

  Shared& shared_;
  WatchBook& watches_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<OperationId, Operation> operations_;
  SortedQueue<std::pair<Instant, OperationId>> deadlines_;
  SortedQueue<OperationId> to_send_;
  SortedQueue<std::pair<std::uint64_t, OperationId>> in_flight_;  ///< by number on the wire
  LeaseId sequence_session_;
  RequestSeq next_sequence_{1};
  SortedQueue<RequestSeq> outstanding_;
};

}  // namespace conclave::client
