#include "conclave/scheduler_api/feed.hpp"

#include <algorithm>
#include <utility>

#include "conclave/base/assert.hpp"

namespace conclave::scheduler::api {

void Feed::begin(Revision revision) {
  entries_.clear();
  bytes_ = 0;
  floor_ = last_ = revision;
  is_begun_ = true;
}

void Feed::add(Revision revision, std::string text) {
  CONCLAVE_ASSERT(is_begun_);
  CONCLAVE_ASSERT(revision > last_);
  bytes_ += text.size();
  entries_.push_back({revision, std::make_shared<const std::string>(std::move(text))});
  last_ = revision;
  while (!entries_.empty() && (entries_.size() > limits_.entries_max || bytes_ > limits_.bytes_max)) {
    bytes_ -= entries_.front().text->size();
    floor_ = entries_.front().revision;
    entries_.pop_front();
  }
}

void Feed::reach(Revision revision) {
  CONCLAVE_ASSERT(is_begun_);
  if (revision > last_) last_ = revision;
}

const Feed::Entry* Feed::after(Revision revision) const {
  const auto next = std::upper_bound(entries_.begin(), entries_.end(), revision,
                                     [](Revision seen, const Entry& entry) { return seen < entry.revision; });
  return next == entries_.end() ? nullptr : &*next;
}

}  // namespace conclave::scheduler::api
