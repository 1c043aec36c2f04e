#include "kv_state.hpp"

#include "conclave/base/assert.hpp"
#include "state_hash.hpp"

namespace conclave::mvcc {

KeyValuePtr KvState::put(const KeyIndex::Found& found, KeyValuePtr kv) {
  data_bytes_ += kv->size();
  digest_ += kv->digest();
  KeyValuePtr before = keys_.put(found, std::move(kv));
  if (before) {
    data_bytes_ -= before->size();
    digest_ -= before->digest();
  }
  return before;
}

bool KvState::load(KeyValuePtr kv) {
  data_bytes_ += kv->size();
  digest_ += kv->digest();
  return keys_.load(std::move(kv));
}

KeyValuePtr KvState::erase(ByteView key) {
  KeyValuePtr before = keys_.erase(key);
  if (before) {
    data_bytes_ -= before->size();
    digest_ -= before->digest();
  }
  return before;
}

void KvState::check_invariants() const {
  keys_.check_invariants();
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;
  for (auto place = keys_.first(); !keys_.at_end(place); place = keys_.next(place)) {
    bytes += keys_.at(place)->size();
    digest += digest_of(*keys_.at(place));
  }
  CONCLAVE_ASSERT(bytes == data_bytes_);
  CONCLAVE_ASSERT(digest == digest_);
}

}  // namespace conclave::mvcc
