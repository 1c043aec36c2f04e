#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace conclave {

/// Memory for flat views that live and die together (one decoded batch). Nothing is destroyed one by one, so only trivially
/// destructible types fit. Not thread-safe. Spans stay valid until clear() or destruction, also when the arena is moved.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `count` value-initialised objects.
  template <class T>
  [[nodiscard]] std::span<T> make_span(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return {};
    auto* first = static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
    std::uninitialized_value_construct_n(first, count);
    return {first, count};
  }

  /// Forgets everything and keeps the largest block for reuse.
  void clear();
  [[nodiscard]] std::size_t bytes_reserved() const;

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
  };
  void* allocate(std::size_t bytes, std::size_t alignment);

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
};

}  // namespace conclave
