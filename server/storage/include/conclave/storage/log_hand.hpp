#pragma once

namespace conclave::storage {

/// Lets the thread that submits log writes carry them out itself. When little happens that spares two wake-ups for each write; when
/// much does, the log thread writes while the loop goes on.
class LogHand {
 public:
  virtual ~LogHand() = default;
  /// From now on submitted writes are left for write_kept(), true, or go to the log thread, false. Called by whoever submits.
  virtual void keep(bool writes) = 0;
  /// Whether write_kept() would write. False also while the log thread works: it takes everything along.
  [[nodiscard]] virtual bool has_kept() const = 0;
  /// Writes what was left, with its flush, on this thread, and reports it like the log thread. Takes as long as the disk does.
  /// Any thread.
  virtual void write_kept() = 0;
};

}  // namespace conclave::storage
