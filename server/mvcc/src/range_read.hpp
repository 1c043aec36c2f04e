#pragma once

#include "conclave/base/result.hpp"
#include "conclave/mvcc/machine.hpp"
#include "history_window.hpp"
#include "key_index.hpp"

namespace conclave::mvcc {

/// The keys as they are, or as they were at a revision.
struct KeyView {
  const KeyIndex& keys;
  const HistoryWindow* history = nullptr;   ///< null: as they are
  Revision at{};                            ///< only with `history`
  const HistoryOverlay* overlay = nullptr;  ///< only with `history`: what was before it
};

/// What one command or read may still cost.
struct ReadBudget {
  const Limits& limits;
  std::size_t scans = 0;  ///< keys visited so far
  std::size_t bytes = 0;  ///< of the answer so far
  bool may_cut = false;   ///< a range that goes on by key may end early with `more` where a limit of the machine is reached

  [[nodiscard]] bool scan();                    ///< counts a key; false: beyond the limit
  [[nodiscard]] bool take(std::size_t amount);  ///< counts bytes of the answer; false: beyond the limit, and not counted
  [[nodiscard]] Unexpected too_many_scans() const;
  [[nodiscard]] Unexpected too_many_bytes() const;
};

/// op.at is not looked at: `view` decides.
[[nodiscard]] Result<RangeResult> read_range(const KeyView& view, const RangeOp& op, ReadBudget& budget);

}  // namespace conclave::mvcc
