#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "conclave/c/reply.h"
#include "conclave/client/types.hpp"

/// An answer and its C views into it. The answers of a transaction's operations live in their parent and share its owners.
struct conclave_reply {
  explicit conclave_reply(conclave::Reply reply);
  conclave_reply(conclave_reply& parent, const conclave::OpResult& result);

  conclave_reply* root;
  std::atomic<std::size_t> owners{1};  ///< of the root
  conclave::Reply source;              ///< of the root

  conclave_reply_kind kind = CONCLAVE_REPLY_ACKNOWLEDGED;
  conclave_header header{};
  std::vector<conclave_kv> kvs;
  std::uint64_t count = 0;
  bool more = false;
  bool succeeded = false;
  conclave_bytes next_key{};
  conclave_bytes key{};
  conclave_lease_id next_lease = 0;
  std::vector<std::unique_ptr<conclave_reply>> results;
  std::vector<conclave_lease_info> leases;
  std::vector<std::vector<conclave_bytes>> lease_keys;
  std::vector<conclave_member> members;
  std::vector<const char*> alarms;
  std::unique_ptr<conclave_status> status;
  std::unique_ptr<conclave_hash> hash;
};

namespace conclave::c {
[[nodiscard]] conclave_bytes bytes_of(const std::string& text);
[[nodiscard]] conclave_kv kv_of(const KeyValue& kv);
}  // namespace conclave::c
