#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "conclave/base/bytes.hpp"

namespace conclave::storage {

inline constexpr std::size_t block_bytes = 4096;

/// Bytes that a file opened without the page cache can take or give: they begin at a multiple of a block in memory, too.
class DirectBuffer {
 public:
  /// Empties it. One that once held much does not keep its memory.
  void clear() {
    if (room_ > keep_bytes) {
      bytes_.reset();
      room_ = 0;
    }
    used_ = 0;
  }
  void append(ByteView bytes) {
    reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.get() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  void append_zeros(std::size_t count) {
    reserve(count);
    if (count > 0) std::memset(bytes_.get() + used_, 0, count);
    used_ += count;
  }
  /// Holds `bytes`, which the caller writes, instead of what it held.
  [[nodiscard]] char* hold(std::size_t bytes) {
    used_ = 0;
    reserve(bytes);
    used_ = bytes;
    return bytes_.get();
  }
  /// Keeps the first `bytes`.
  void shorten(std::size_t bytes) { used_ = std::min(used_, bytes); }
  /// Writes over what is there.
  void replace(std::size_t offset, ByteView bytes) { std::memcpy(bytes_.get() + offset, bytes.data(), bytes.size()); }

  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::size_t size_in_blocks() const { return (used_ + block_bytes - 1) / block_bytes * block_bytes; }
  [[nodiscard]] ByteView view() const { return {bytes_.get(), used_}; }
  /// With zeros up to a multiple of a block. Valid until the next change.
  [[nodiscard]] ByteView blocks() const {
    const auto end = size_in_blocks();  // within the room: that is a multiple of a block, too
    if (end > used_) std::memset(bytes_.get() + used_, 0, end - used_);
    return {bytes_.get(), end};
  }

 private:
  static constexpr std::size_t keep_bytes = std::size_t{4} << 20;
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  void reserve(std::size_t bytes) {
    if (used_ + bytes <= room_) return;
    const auto wanted = (std::max(used_ + bytes, 2 * room_) + block_bytes - 1) / block_bytes * block_bytes;
    std::unique_ptr<char, Free> larger(static_cast<char*>(std::aligned_alloc(block_bytes, wanted)));
    if (larger == nullptr) throw std::bad_alloc();
    if (used_ > 0) std::memcpy(larger.get(), bytes_.get(), used_);
    bytes_ = std::move(larger);
    room_ = wanted;
  }

  std::unique_ptr<char, Free> bytes_;
  std::size_t room_ = 0;
  std::size_t used_ = 0;
};

}  // namespace conclave::storage
