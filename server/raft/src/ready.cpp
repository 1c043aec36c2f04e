#include "conclave/raft/ready.hpp"

namespace conclave::raft {

bool Ready::empty() const {
  return !write && messages.empty() && apply.empty() && reads.empty() && reads_lost.empty() && !role && !membership &&
         lost.empty() && unknown.empty() && log_reads.empty() && snapshot_reads.empty() && snapshot_released.empty() &&
         !snapshot_received;
}

}  // namespace conclave::raft
