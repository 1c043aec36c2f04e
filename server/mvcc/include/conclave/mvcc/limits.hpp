#pragma once

#include <cstddef>
#include <cstdint>

#include "conclave/base/time.hpp"

/// The state machine's limits. They are part of the rules every member applies alike, so they change only with the machine version.
namespace conclave::mvcc {

struct Limits {
  std::size_t key_bytes_max = 32 * 1024;
  std::size_t value_bytes_max = 1536 * 1024;
  std::size_t txn_operations_max = 128;     ///< all operations of a command together, nested ones included; and compares likewise
  std::size_t txn_depth_max = 4;
  std::size_t guards_max = 16;
  std::size_t keys_changed_max = 10'000;    ///< by one command
  std::size_t keys_scanned_max = 100'000;   ///< by one command
  std::size_t lease_keys_max = 10'000;
  std::size_t response_bytes_max = 4 * 1024 * 1024;
  std::size_t renew_ids_max = 65'536;       ///< in one command
  std::size_t expire_ids_max = 4'096;       ///< in one command
  std::size_t owner_bytes_max = 256;        ///< owner name of a lease
  std::size_t note_bytes_max = 1024;
  std::size_t leases_max = 1'000'000;
  milliseconds lease_ttl_min = milliseconds(2'000);
  milliseconds lease_ttl_max = milliseconds(86'400'000);
  std::size_t session_window = 1024;        ///< sequences above first-outstanding whose outcomes are kept
  std::size_t outcome_bytes_max = 1024;     ///< a larger outcome is kept as (revision, succeeded)
  std::uint64_t quota_bytes = 2ULL << 30;   ///< current data; replicated setting, see MachineConfig
};

}  // namespace conclave::mvcc
