#pragma once

#include <string>

#include "conclave/gateway_core/kv_answer.hpp"

/// Requests and answers of etcd's lock and election services. Both are queues: whoever wants in puts a key of its own below the
/// name, on its lease; the oldest key holds the lock or leads.
namespace conclave::gateway {

/// What names a place in a queue.
struct QueueAsk {
  std::string name;
  LeaseId lease;      ///< zero: one is granted for the place
  std::string value;  ///< of a campaign
};
[[nodiscard]] QueueAsk parse_queue_ask(const JsonObject& json);

/// The leadership that an answer gave and a later request names.
struct LeaderKey {
  std::string name;
  std::string key;
  Revision revision;  ///< that created the key
  LeaseId lease;
};
/// An absent one is refused, as etcd does.
[[nodiscard]] LeaderKey parse_leader_key(const JsonObject& json);

/// What the keys of a queue begin with.
[[nodiscard]] std::string queue_prefix(const std::string& name);
/// The key of a lease in it.
[[nodiscard]] std::string queue_key(const std::string& name, LeaseId lease);

[[nodiscard]] std::string lock_answer(const Head& head, const std::string& key);
[[nodiscard]] std::string campaign_answer(const Head& head, const LeaderKey& leader);
[[nodiscard]] std::string leader_answer(const Head& head, const KeyValueFields& kv);
/// A line of the stream that follows an election.
[[nodiscard]] std::string observe_line(const Head& head, const KeyValueFields& kv);

}  // namespace conclave::gateway
