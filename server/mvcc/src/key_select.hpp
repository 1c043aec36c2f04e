#pragma once

#include "conclave/mvcc/command.hpp"

namespace conclave::mvcc {

/// True if no key from `key` on can be in the selection. `key` must not be below `keys.begin`; then this is false for a while and
/// true ever after, so it serves for binary search. An inverted range selects nothing.
[[nodiscard]] inline bool past_selection(const KeySelector& keys, ByteView key) {
  switch (keys.kind) {
    case KeySelector::Kind::single: return key != keys.begin;
    case KeySelector::Kind::range: return key >= keys.end;
    case KeySelector::Kind::prefix: return !key.starts_with(keys.begin);
    case KeySelector::Kind::from: return false;
  }
  return true;
}

[[nodiscard]] inline bool selects(const KeySelector& keys, ByteView key) { return key >= keys.begin && !past_selection(keys, key); }

}  // namespace conclave::mvcc
