#include "conclave/mvcc/key_value.hpp"

#include <new>

#include "state_hash.hpp"

namespace conclave::mvcc {
namespace {

/// Takes so many bytes more for the one object that std::allocate_shared makes, behind everything it puts there, and tells where.
template <class T>
struct WithTail {
  using value_type = T;
  std::size_t tail;
  KeyValue::Memory* memory;  // of the caller of allocate_shared; only allocate() uses it

  WithTail(std::size_t tail_bytes, KeyValue::Memory* told) : tail(tail_bytes), memory(told) {}
  template <class Other>
  WithTail(const WithTail<Other>& other) : tail(other.tail), memory(other.memory) {}  // NOLINT: what an allocator must have

  T* allocate(std::size_t count) {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    auto* const start = static_cast<char*>(::operator new(count * sizeof(T) + tail));
    memory->bytes = start + count * sizeof(T);
    return reinterpret_cast<T*>(start);
  }
  void deallocate(T* object, std::size_t) { ::operator delete(object); }
  template <class Other>
  bool operator==(const WithTail<Other>&) const {
    return true;
  }
};

}  // namespace

KeyValue::KeyValue(const Memory& memory, ByteView key, ByteView value, const Versions& versions)
    : bytes_(memory.bytes), key_size_(key.size()), value_size_(value.size()), versions_(versions), digest_(0) {
  key.copy(memory.bytes, key.size());
  value.copy(memory.bytes + key.size(), value.size());
  digest_ = digest_of(*this);
}

KeyValuePtr make_key_value(ByteView key, ByteView value, const KeyValue::Versions& versions) {
  KeyValue::Memory memory;
  // The constructor's arguments are references: `memory` is filled by then.
  return std::allocate_shared<const KeyValue>(WithTail<KeyValue>(key.size() + value.size(), &memory), memory, key, value, versions);
}

std::size_t EventBatch::size() const {
  std::size_t total = sizeof(EventBatch);
  for (const Event& event : events) total += sizeof(Event) + event.kv->size() + (event.prev ? event.prev->size() : 0);
  return total;
}

}  // namespace conclave::mvcc
