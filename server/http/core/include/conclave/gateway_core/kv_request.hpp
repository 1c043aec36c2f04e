#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "conclave/base/arena.hpp"
#include "conclave/gateway_core/json_reader.hpp"
#include "conclave/mvcc/command.hpp"

namespace conclave::gateway {

/// Keeps alive what the flat views of a request point into.
struct Keep {
  std::deque<std::string> strings;
  Arena arena;
  [[nodiscard]] ByteView text(std::string text) { return strings.emplace_back(std::move(text)); }
};
using KeepPtr = std::shared_ptr<Keep>;

/// What the answer to an operation needs to know of the question.
struct OpShape {
  enum class Kind : std::uint8_t { range, put, erase, txn };
  Kind kind = Kind::range;
  /// A range with bounds on revisions is followed by one without that counts: `count` in etcd leaves the bounds aside.
  bool counted_apart = false;
  std::vector<OpShape> success;
  std::vector<OpShape> failure;
};

struct RangeRequest {
  KeepPtr keep;
  mvcc::RangeOp op;
  bool serializable = false;
  bool counted_apart = false;
};
struct CommandRequest {
  KeepPtr keep;
  mvcc::CommandBody body;
};
struct TxnRequest {
  KeepPtr keep;
  mvcc::TxnOp op;
  OpShape shape;
  bool changes = false;       ///< an operation other than a range is among them
  bool serializable = false;  ///< every range is
};

/// Errors are noted in the problem of `json`; what is given then must not be used.
[[nodiscard]] RangeRequest parse_range(const JsonObject& json);
[[nodiscard]] CommandRequest parse_put(const JsonObject& json);
[[nodiscard]] CommandRequest parse_delete_range(const JsonObject& json);
[[nodiscard]] CommandRequest parse_compaction(const JsonObject& json);
[[nodiscard]] TxnRequest parse_txn(const JsonObject& json);

/// The keys that (key, range_end) mean.
[[nodiscard]] mvcc::KeySelector selector(ByteView key, ByteView range_end);

}  // namespace conclave::gateway
