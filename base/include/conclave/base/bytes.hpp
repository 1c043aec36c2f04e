#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace conclave {

/// Bytes that somebody else keeps alive. Compares as unsigned bytes.
using ByteView = std::string_view;

/// Immutable bytes with shared ownership; a copy and a slice share the buffer. Thread-compatible; the buffer may be shared
/// between threads because nobody changes it.
class Bytes {
 public:
  Bytes() = default;
  /// Takes the string over; no copy.
  explicit Bytes(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    view_ = *owner;
    owner_ = std::move(owner);
  }
  /// `view` must lie within what `owner` keeps alive.
  Bytes(std::shared_ptr<const void> owner, ByteView view) : owner_(std::move(owner)), view_(view) {}

  /// `size` bytes that `fill(char*)` writes, in one piece of memory with their owner, at an address that is a multiple of 8.
  template <class Fill>
  [[nodiscard]] static Bytes filled(std::size_t size, Fill fill) {
    auto owner = std::make_shared_for_overwrite<std::uint64_t[]>((size + 7) / 8);
    char* const at = reinterpret_cast<char*>(owner.get());
    fill(at);
    return Bytes(std::move(owner), ByteView(at, size));
  }
  [[nodiscard]] static Bytes copy_of(ByteView view) {
    return filled(view.size(), [view](char* at) { view.copy(at, view.size()); });
  }

  [[nodiscard]] ByteView view() const { return view_; }
  [[nodiscard]] const char* data() const { return view_.data(); }
  [[nodiscard]] std::size_t size() const { return view_.size(); }
  [[nodiscard]] bool empty() const { return view_.empty(); }
  [[nodiscard]] Bytes slice(std::size_t offset, std::size_t count = ByteView::npos) const {
    return Bytes(owner_, view_.substr(offset, count));
  }
  bool operator==(const Bytes& other) const { return view_ == other.view_; }

 private:
  std::shared_ptr<const void> owner_;
  ByteView view_;
};

}  // namespace conclave
