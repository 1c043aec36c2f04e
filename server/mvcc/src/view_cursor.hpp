#pragma once

#include <cstddef>

#include "key_select.hpp"
#include "range_read.hpp"

namespace conclave::mvcc {

/// Walks a selection of a view in ascending order. Every key that may have been there is a step; one that was not has no value.
class ViewCursor {
 public:
  ViewCursor(const KeyView& view, const KeySelector& selection);

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] ByteView key() const { return key_; }
  [[nodiscard]] const KeyValuePtr& value() const { return value_; }  ///< null: was not there
  void next();

 private:
  struct Sources {
    const KeyValuePtr* now = nullptr;
    const Chain* chain = nullptr;
    const std::pair<std::string, KeyValuePtr>* overlay = nullptr;
  };
  [[nodiscard]] Sources sources() const;
  void settle();

  const KeyView& view_;
  const KeySelector& selection_;
  KeyIndex::Position now_;
  ChainIndex::const_iterator chain_;
  std::size_t overlay_ = 0;
  ByteView key_;
  KeyValuePtr value_;
  bool done_ = false;
};

/// What one key was in the view; null: not there.
[[nodiscard]] KeyValuePtr value_in(const KeyView& view, ByteView key);
/// How many keys of the selection are in the view.
[[nodiscard]] std::uint64_t count_in(const KeyView& view, const KeySelector& selection);

}  // namespace conclave::mvcc
