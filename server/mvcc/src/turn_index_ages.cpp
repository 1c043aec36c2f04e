#include "turn_index_ages.hpp"

#include <algorithm>

#include "conclave/base/assert.hpp"

namespace conclave::mvcc {

KeyAges::KeyAges(std::vector<Revision> creates) {
  std::sort(creates.begin(), creates.end());
  for (const Revision create : creates) add(create);
}

void KeyAges::add(Revision create) {
  CONCLAVE_ASSERT(creates_.empty() || creates_.back() <= create);
  ++size_;
  if (creates_.empty() || creates_.back() < create) {
    append(create, 1);
    return;
  }
  if (keys_.back()++ == 0) --empty_;
  // Only the last position changed, and no sum but its own covers it.
  ++sums_.back();
}

void KeyAges::remove(Revision create) {
  const std::size_t position = position_of(create);
  CONCLAVE_ASSERT(position < creates_.size());
  CONCLAVE_ASSERT(creates_[position] == create);
  CONCLAVE_ASSERT(keys_[position] > 0);
  --size_;
  if (--keys_[position] == 0) ++empty_;
  for (std::size_t i = position; i < sums_.size(); i |= i + 1) --sums_[i];
  if (empty_ > 64 && empty_ > creates_.size() / 2) drop_empty();
}

std::uint64_t KeyAges::count_below(Revision create) const {
  std::uint64_t count = 0;
  for (std::size_t end = position_of(create); end > 0; end &= end - 1) count += sums_[end - 1];
  return count;
}

void KeyAges::append(Revision create, std::uint64_t keys) {
  const std::size_t position = creates_.size();
  std::uint64_t sum = keys;
  const std::size_t first = position & (position + 1);
  for (std::size_t end = position; end > first; end &= end - 1) sum += sums_[end - 1];
  creates_.push_back(create);
  keys_.push_back(keys);
  sums_.push_back(sum);
}

void KeyAges::drop_empty() {
  KeyAges kept;
  for (std::size_t i = 0; i < creates_.size(); ++i) {
    if (keys_[i] > 0) kept.append(creates_[i], keys_[i]);
  }
  kept.size_ = size_;
  *this = std::move(kept);
}

std::size_t KeyAges::position_of(Revision create) const {
  return static_cast<std::size_t>(std::lower_bound(creates_.begin(), creates_.end(), create) - creates_.begin());
}

}  // namespace conclave::mvcc
