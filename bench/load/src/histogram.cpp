#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace conclave::bench {
namespace {
constexpr unsigned fine_bits = 7;  // 128 buckets for each power of two
constexpr std::uint64_t fine = std::uint64_t{1} << fine_bits;
constexpr unsigned value_bits = 44;  // almost five hours
constexpr std::uint64_t value_max = (std::uint64_t{1} << value_bits) - 1;
}  // namespace

Histogram::Histogram() : buckets_((value_bits - fine_bits + 1) * fine) {}

// Below 2 * fine each value has its own bucket; above, the leading fine_bits + 1 bits choose it.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < 2 * fine) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - fine_bits - 1;
  return shift * fine + (value >> shift);
}

std::uint64_t Histogram::last_of(std::size_t bucket) {
  if (bucket < 2 * fine) return bucket;
  const std::size_t shift = bucket / fine - 1;
  return ((bucket - shift * fine + 1) << shift) - 1;
}

void Histogram::record(std::chrono::nanoseconds duration) {
  const auto value = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)), value_max);
  ++buckets_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() { *this = Histogram(); }

std::chrono::nanoseconds Histogram::at(double fraction) const {
  if (count_ == 0) return {};
  const auto wanted = static_cast<std::uint64_t>(std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= std::max<std::uint64_t>(wanted, 1)) return std::chrono::nanoseconds(std::min(last_of(i), max_));
  }
  return max();
}

}  // namespace conclave::bench
