#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "conclave/base/bytes.hpp"

namespace conclave::codec {

/// A view of the same bytes at an address that is a multiple of 8: the given one, or a copy that lives as long as this.
class AlignedBytes {
 public:
  explicit AlignedBytes(ByteView bytes) : view_(bytes) {
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 == 0) return;
    words_ = std::make_unique_for_overwrite<std::uint64_t[]>((bytes.size() + 7) / 8);
    auto* copy = reinterpret_cast<char*>(words_.get());
    if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
    view_ = ByteView(copy, bytes.size());
  }
  [[nodiscard]] ByteView view() const { return view_; }

 private:
  std::unique_ptr<std::uint64_t[]> words_;
  ByteView view_;
};

}  // namespace conclave::codec
