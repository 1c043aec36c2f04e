#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "run.hpp"

namespace conclave::storage {

/// Goes through several runs as through one: of rows with the same key the newest run's is shown.
class MergeCursor {
 public:
  /// The oldest run first.
  explicit MergeCursor(std::span<const std::shared_ptr<const Run>> runs);
  /// To the first row at or after `from`. False: there is none. So says next().
  [[nodiscard]] Result<bool> seek(ByteView from);
  [[nodiscard]] Result<bool> next();
  /// Of the row it is at; valid until it moves. Rows that are gone are shown as well.
  [[nodiscard]] ByteView key() const { return inputs_[current_].rows.key(); }
  [[nodiscard]] std::optional<ByteView> value() const { return inputs_[current_].rows.value(); }
  /// Bytes of the rows it went through so far, those of older runs with the same keys included.
  [[nodiscard]] std::uint64_t passed() const { return passed_; }

 private:
  struct Input {
    RunCursor rows;
    bool there = false;
  };
  [[nodiscard]] Result<void> step(Input& input);
  [[nodiscard]] bool choose();

  std::vector<Input> inputs_;  // the newest first
  std::size_t current_ = 0;
  std::uint64_t passed_ = 0;
};

}  // namespace conclave::storage
