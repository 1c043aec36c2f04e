#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/engine/event.hpp"
#include "state_writer.hpp"

namespace conclave::storage {

/// Old revisions: from the rows in the table, then from what was handed over and is not there yet. Only the state thread uses
/// these.
[[nodiscard]] Result<engine::HistoryRead> read_history(StateWriter& writer, std::uint64_t token, Revision from, Revision to,
                                                       std::size_t bytes_max);
/// Takes time in proportion to the history in (at, until].
[[nodiscard]] Result<engine::OverlayRead> read_overlay(StateWriter& writer, std::uint64_t token, const mvcc::WatchSpec& keys,
                                                       Revision at, Revision until);

/// The newest history rows up to a number of bytes, for the machine's window.
class HistoryTail {
 public:
  explicit HistoryTail(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  void add(mvcc::HistoryRow row);
  [[nodiscard]] std::deque<mvcc::HistoryRow> take() { return std::move(rows_); }

 private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<mvcc::HistoryRow> rows_;
};
[[nodiscard]] std::size_t size_of(const mvcc::HistoryRow& row);

}  // namespace conclave::storage
