#pragma once

#include <vector>

#include "conclave/c/watch.h"
#include "conclave/client/types.hpp"

/// A notice and its C views into it.
struct conclave_notice {
  explicit conclave_notice(conclave::WatchNotice notice);

  conclave::WatchNotice source;
  conclave_notice_kind kind = CONCLAVE_NOTICE_PROGRESS;
  conclave_revision revision = 0;
  std::vector<conclave_kv> kvs;  ///< of the events, and the previous ones
  std::vector<conclave_event> events;
  bool gone = false;
  std::uint64_t ahead = 0;
  conclave_error error{};
  conclave_revision oldest = 0;
};
