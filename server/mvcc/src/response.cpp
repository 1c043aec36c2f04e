#include "conclave/mvcc/response.hpp"

#include "response_size.hpp"

namespace conclave::mvcc {
namespace {

std::size_t bytes_of(const std::vector<KeyValuePtr>& kvs, bool keys_only) {
  std::size_t total = 0;
  for (const KeyValuePtr& kv : kvs) total += row_bytes(*kv, keys_only);
  return total;
}

std::size_t bytes_of(const RangeResult& result) { return bytes_of(result.kvs, result.keys_only) + result.next_key.size(); }
std::size_t bytes_of(const PutResult& result) { return result.key.size() + (result.prev ? row_bytes(*result.prev, false) : 0); }
std::size_t bytes_of(const DeleteResult& result) { return bytes_of(result.prev, false); }
std::size_t bytes_of(const TxnResult& result) {
  std::size_t total = 0;
  for (const OpResult& each : result.results) {
    total += result_overhead_bytes + std::visit([](const auto& body) { return bytes_of(body); }, each.body);
  }
  return total;
}
std::size_t bytes_of(const Refused& refused) { return refused.context.size(); }
std::size_t bytes_of(const LeaseRenewed& renewed) { return renewed.rows.size() * 16; }
std::size_t bytes_of(const LeaseGranted&) { return 0; }
std::size_t bytes_of(const LeaseRevoked&) { return 0; }
std::size_t bytes_of(const SessionOpened&) { return 0; }
std::size_t bytes_of(const SessionClosed&) { return 0; }
std::size_t bytes_of(const Compacted&) { return 0; }
std::size_t bytes_of(const Done&) { return 0; }
std::size_t bytes_of(const AppliedEarlier&) { return 0; }

}  // namespace

std::size_t size_of(const Response& response) {
  return result_overhead_bytes + std::visit([](const auto& body) { return bytes_of(body); }, response.body);
}

}  // namespace conclave::mvcc
