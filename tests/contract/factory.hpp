#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "conclave/engine/engine.hpp"
#include "conclave/engine/ports.hpp"

/// One contract suite for every implementation of the storage ports. Each suite runs its rules on a Medium made by a factory:
///
///     TEST_CASE("WiredTiger keeps the log store's contract") { contract::log_store_contract(make_wired_tiger_medium); }
namespace conclave::contract {

/// The three stores of one member and what they held when they were opened.
struct Stores {
  engine::LogStore* log = nullptr;
  engine::StateStore* state = nullptr;
  engine::SnapshotStore* snapshots = nullptr;
  engine::Recovered recovered;  ///< the suite may move parts out
};

/// What survives a crash (a directory, a simulated disk), and the stores that are open on it. A new medium is empty.
class Medium {
 public:
  virtual ~Medium() = default;
  /// Opens the stores; none are open before. They live until crash() or close().
  virtual Stores open() = 0;
  /// The process dies here: what was not durable may be lost, as the ports say. Completions not yet taken are lost too.
  virtual void crash() = 0;
  /// The process ends in order.
  virtual void close() = 0;
  /// The next completion in the order they were reported; waits for it, real or simulated time. Nothing: none came within a bound
  /// that is long enough for any single operation of the suite.
  virtual std::optional<engine::Event> next() = 0;
};

using Factory = std::function<std::unique_ptr<Medium>()>;

}  // namespace conclave::contract
