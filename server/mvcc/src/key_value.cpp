#include "conclave/mvcc/key_value.hpp"

namespace conclave::mvcc {

std::size_t EventBatch::size() const {
  std::size_t total = sizeof(EventBatch);
  for (const Event& event : events) total += sizeof(Event) + event.kv->size() + (event.prev ? event.prev->size() : 0);
  return total;
}

}  // namespace conclave::mvcc
