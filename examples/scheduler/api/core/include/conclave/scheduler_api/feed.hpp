#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "conclave/base/ids.hpp"

namespace conclave::scheduler::api {

/// The last changes as events ready to be sent, for everybody who listens and for those who come back. Its size is bounded: who is
/// further behind begins with a picture of the whole.
class Feed {
 public:
  struct Entry {
    Revision revision;
    std::shared_ptr<const std::string> text;
  };
  struct Limits {
    std::size_t entries_max = 20'000;
    std::size_t bytes_max = std::size_t{8} << 20U;
  };
  Feed() = default;
  explicit Feed(Limits limits) : limits_(limits) {}

  /// Everything is known as of `revision`, and nothing of before.
  void begin(Revision revision);
  /// Newer than all before.
  void add(Revision revision, std::string text);
  /// Nothing that anybody would see happened up to `revision`.
  void reach(Revision revision);

  /// Whoever has seen everything up to `revision` can go on from here.
  [[nodiscard]] bool reaches_back_to(Revision revision) const { return is_begun_ && floor_ <= revision && revision <= last_; }
  /// The first entry after `revision`; nothing if there is none yet. Good until the next add().
  [[nodiscard]] const Entry* after(Revision revision) const;
  [[nodiscard]] Revision last() const { return last_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  Limits limits_;
  bool is_begun_ = false;
  Revision floor_;
  Revision last_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace conclave::scheduler::api
