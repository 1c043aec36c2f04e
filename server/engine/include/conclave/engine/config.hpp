#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/raft/config.hpp"

namespace conclave::engine {

struct Config {
  std::string name;
  std::string version;  ///< of the program, for status
  MemberId self;
  Incarnation incarnation;
  ClusterId cluster;
  std::string cluster_token;   ///< with a name it gives a member's number
  std::string client_address;  ///< HOST:PORT where clients reach this member; recorded in the membership
  std::string http_address;    ///< HOST:PORT where it serves HTTP, recorded likewise; empty: it does not

  Duration tick = milliseconds(10);
  Duration heartbeat_interval = milliseconds(100);
  Duration election_timeout = seconds(1);
  raft::Config raft;  ///< self, incarnation and the tick counts are filled in from the fields above by raft_config()
  mvcc::MachineConfig machine;

  std::size_t batch_bytes_max = 256 * 1024;  ///< a pending batch is cut at this
  std::size_t batch_commands_max = 4096;
  /// A key behind others that wait for their turn waits so long for a command to share a batch with, or for three flushes, which is
  /// about what the next release takes; the second is the most.
  Duration company_wait = milliseconds(1);
  Duration company_wait_max = milliseconds(20);
  /// Current data beyond which this member, leading, takes no write that adds. Decided at the door, not in apply: members may
  /// differ.
  std::uint64_t quota_bytes = 2ULL << 30;
  std::size_t pending_bytes_max = 64 << 20;  ///< waiting commands; beyond: overloaded
  std::size_t requests_per_connection_max = 1024;
  std::size_t connections_max = 10'000;
  std::size_t watches_max = 100'000;
  std::size_t watch_queue_bytes_max = 1 << 20;  ///< pushed and not written, for each connection
  std::size_t history_read_bytes = 1 << 20;
  std::size_t reads_waiting_max = 65'536;

  Duration renew_coalescing = milliseconds(20);
  Duration time_entry_interval = seconds(5);    ///< while leases exist
  std::size_t expire_batch_max = 1000;          ///< leases in one expire command
  Duration expire_interval = milliseconds(50);  ///< between expire commands: mass expiry is paced
  Duration bookmark_interval = seconds(10);
  Duration hash_interval = seconds(60);
  Duration forward_patience = seconds(2);  ///< a forwarded request without an answer and without a session becomes unknown

  std::uint64_t checkpoint_log_bytes = 256ULL << 20;    ///< of log after which a checkpoint starts; twice the data if that is more,
  std::uint64_t checkpoint_log_bytes_max = 1ULL << 30;  ///< but at most so many
  Duration checkpoint_interval = seconds(60);
  std::uint64_t snapshot_entries = 100'000;  ///< applied entries after which a checkpoint starts, whatever their bytes
  std::uint64_t log_keep_entries = 10'000;   ///< kept for slow followers beyond the checkpoint

  Duration history_retention = std::chrono::hours(1);
  std::uint64_t history_bytes_max = 2ULL << 30;
  Duration compaction_interval = seconds(60);

  [[nodiscard]] Result<void> validate() const;
  [[nodiscard]] raft::Config raft_config() const;
};

}  // namespace conclave::engine
