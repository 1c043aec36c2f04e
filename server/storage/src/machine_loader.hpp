#pragma once

#include <memory>

#include "conclave/base/result.hpp"
#include "conclave/mvcc/machine.hpp"
#include "history_reader.hpp"

namespace conclave::storage {

/// Builds a machine from rows as bytes, history only as far as its window.
class MachineLoader {
 public:
  explicit MachineLoader(const mvcc::MachineConfig& config);
  [[nodiscard]] Result<void> add(codec::Table table, ByteView key, ByteView value);
  /// After the last row. corruption: the rows do not make a state.
  [[nodiscard]] Result<std::unique_ptr<mvcc::Machine>> finish();

 private:
  std::unique_ptr<mvcc::Machine> machine_;
  HistoryTail tail_;
};

/// The machine a state table holds; a new one if the table is empty. Reads history from its end and no more than fits the window.
[[nodiscard]] Result<std::unique_ptr<mvcc::Machine>> load_machine(StateTable& table, const mvcc::MachineConfig& config);

}  // namespace conclave::storage
