#include "merge_cursor.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint64_t row_bytes = 32;  // what a row costs beside its bytes, so that those without any count as well

}  // namespace

MergeCursor::MergeCursor(std::span<const std::shared_ptr<const Run>> runs) {
  inputs_.reserve(runs.size());
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) inputs_.push_back({RunCursor(*run)});
}

Result<bool> MergeCursor::seek(ByteView from) {
  for (auto& input : inputs_) {
    const auto there = input.rows.seek(from);
    if (!there.has_value()) return there;
    input.there = *there;
  }
  return choose();
}

Result<bool> MergeCursor::next() {
  for (std::size_t i = current_ + 1; i < inputs_.size(); ++i) {  // no newer one has this key
    if (!inputs_[i].there || inputs_[i].rows.key() != key()) continue;
    if (auto done = step(inputs_[i]); !done.has_value()) return fail(done.error());
  }
  if (auto done = step(inputs_[current_]); !done.has_value()) return fail(done.error());
  return choose();
}

Result<void> MergeCursor::step(Input& input) {
  const auto value = input.rows.value();
  passed_ += row_bytes + input.rows.key().size() + (value ? value->size() : 0);
  const auto there = input.rows.next();
  if (!there.has_value()) return fail(there.error());
  input.there = *there;
  return {};
}

/// The smallest key; among equal ones the newest.
bool MergeCursor::choose() {
  bool any = false;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!inputs_[i].there || (any && inputs_[i].rows.key() >= key())) continue;
    current_ = i;
    any = true;
  }
  return any;
}

}  // namespace conclave::storage
