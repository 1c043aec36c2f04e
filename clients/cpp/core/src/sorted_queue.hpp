#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>

namespace conclave::client {

/// A set of values that mostly come in ascending order and mostly go in that order too: cheap at both ends, and without a piece of
/// memory for each value. What is put in or taken out elsewhere moves the values between there and the nearer end.
template <class Value>
class SortedQueue {
 public:
  using const_iterator = typename std::deque<Value>::const_iterator;

  /// Nothing happens if it is there.
  void insert(const Value& value) {
    if (values_.empty() || values_.back() < value) return values_.push_back(value);
    const auto at = std::lower_bound(values_.begin(), values_.end(), value);
    if (*at != value) values_.insert(at, value);
  }
  /// Nothing happens if it is not there.
  void erase(const Value& value) {
    const auto at = lower_bound(value);
    if (at != values_.end() && *at == value) values_.erase(at);
  }
  /// What follows it.
  const_iterator erase(const_iterator at) { return values_.erase(at); }
  void clear() { values_.clear(); }

  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] const Value& front() const { return values_.front(); }
  [[nodiscard]] const_iterator begin() const { return values_.begin(); }
  [[nodiscard]] const_iterator end() const { return values_.end(); }
  /// The first that is not less.
  [[nodiscard]] const_iterator lower_bound(const Value& value) const {
    if (!values_.empty() && !(values_.front() < value)) return values_.begin();
    return std::lower_bound(values_.begin(), values_.end(), value);
  }

 private:
  std::deque<Value> values_;
};

}  // namespace conclave::client
