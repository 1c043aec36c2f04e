#pragma once

#include <cstddef>
#include <cstdint>

#include "conclave/base/ids.hpp"
#include "conclave/base/result.hpp"

namespace conclave::raft {

/// Knobs of one core. Ticks are whatever the engine makes of them (10 ms by default, see engine/config.hpp).
struct Config {
  MemberId self;
  Incarnation incarnation;

  std::uint32_t heartbeat_ticks = 10;          ///< >= 1
  std::uint32_t election_timeout_ticks = 100;  ///< > heartbeat_ticks * 2; drawn from [n, 2n) for each term
  std::uint32_t link_closed_campaign_ticks_max = 5;  ///< after the leader's link closed: pre-vote after [0, n] ticks

  std::size_t append_bytes_max = 1 << 20;      ///< of one append message; at least one entry is always sent
  std::size_t append_entries_max = 1024;       ///< of one append message
  std::size_t inflight_messages_max = 64;      ///< append messages sent and not acknowledged, for each follower
  std::size_t inflight_bytes_max = 16 << 20;   ///< bytes of those
  std::size_t writes_in_flight_max = 2;        ///< log writes given to the store and not durable
  std::size_t write_bytes_max = 4 << 20;       ///< of one log write; at least one entry
  std::size_t apply_bytes_max = 1 << 20;       ///< of one Ready's committed entries; at least one entry
  std::size_t memory_log_bytes_max = 64 << 20; ///< durable and applied entries kept in memory for followers
  std::size_t snapshot_chunk_bytes = 256 << 10;
  std::uint32_t snapshot_retry_ticks = 100;    ///< an unanswered chunk is sent again after this
  std::size_t uncommitted_bytes_max = 64 << 20;///< proposals beyond are refused with overloaded

  [[nodiscard]] Result<void> validate() const;
};

}  // namespace conclave::raft
