#include "conclave/base/arena.hpp"

#include <algorithm>

namespace conclave {
namespace {
constexpr std::size_t block_bytes_min = 4096;
}

void* Arena::allocate(std::size_t bytes, std::size_t alignment) {
  std::size_t offset = (used_ + alignment - 1) / alignment * alignment;
  if (blocks_.empty() || offset + bytes > blocks_.back().size) {
    const std::size_t last = blocks_.empty() ? 0 : blocks_.back().size;
    const std::size_t size = std::max({bytes, block_bytes_min, last * 2});
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    offset = 0;  // a fresh block is aligned for every fundamental type
  }
  used_ = offset + bytes;
  return blocks_.back().memory.get() + offset;
}

void Arena::clear() {
  if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), blocks_.end() - 1);
  used_ = 0;
}

std::size_t Arena::bytes_reserved() const {
  std::size_t total = 0;
  for (const Block& block : blocks_) total += block.size;
  return total;
}

}  // namespace conclave
