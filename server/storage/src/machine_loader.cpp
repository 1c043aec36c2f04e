#include "machine_loader.hpp"

#include <utility>
#include <variant>

namespace conclave::storage {

MachineLoader::MachineLoader(const mvcc::MachineConfig& config)
    : machine_(std::make_unique<mvcc::Machine>(config)), tail_(config.history_window_bytes) {}

Result<void> MachineLoader::add(codec::Table table, ByteView key, ByteView value) {
  auto row = codec::decode_row(table, key, value);
  if (!row.has_value()) return fail(row.error());
  if (auto* history = std::get_if<mvcc::HistoryRow>(&*row)) {
    tail_.add(std::move(*history));
    return {};
  }
  return machine_->restore(std::move(*row));
}

Result<std::unique_ptr<mvcc::Machine>> MachineLoader::finish() {
  for (auto& row : tail_.take()) {
    if (auto done = machine_->restore(std::move(row)); !done.has_value()) return fail(done.error());
  }
  if (auto done = machine_->finish_restore(); !done.has_value()) return fail(done.error());
  return std::move(machine_);
}

Result<std::unique_ptr<mvcc::Machine>> load_machine(StateTable& table, const mvcc::MachineConfig& config) {
  const auto meta = table.meta();
  if (!meta.has_value()) return fail(meta.error());
  MachineLoader loader(config);
  bool empty = true;
  const auto add = [&](codec::Table kind, ByteView key, ByteView value) -> Result<bool> {
    empty = false;
    if (auto done = loader.add(kind, key, value); !done.has_value()) return fail(done.error());
    return true;
  };
  const auto before_history = [&](codec::Table kind, ByteView key, ByteView value) -> Result<bool> {
    if (kind == codec::Table::history || kind == codec::Table::meta) return false;
    return add(kind, key, value);
  };
  if (auto done = table.scan({}, before_history); !done.has_value()) return fail(done.error());

  // Where the window starts is found from the end; the rows are then added in order.
  std::string start = state_key(codec::Table::meta, {});
  std::size_t bytes = 0;
  const auto look_back = [&](codec::Table kind, ByteView key, ByteView value) -> Result<bool> {
    if (kind != codec::Table::history) return false;
    bytes += value.size();  // less than what the events take in memory, so the tail bounds it, not this
    start = state_key(kind, key);
    return bytes < config.history_window_bytes;
  };
  if (auto done = table.scan_back(state_key(codec::Table::meta, {}), look_back); !done.has_value()) return fail(done.error());
  if (auto done = table.scan(start, add); !done.has_value()) return fail(done.error());

  if (empty) return std::make_unique<mvcc::Machine>(config);
  if (!*meta) return fail(Errc::corruption, "table state_" + std::to_string(table.generation()) + ": the meta row is missing");
  return loader.finish();
}

}  // namespace conclave::storage
