#pragma once

#include <cstddef>

#include "conclave/base/arena.hpp"
#include "conclave/base/result.hpp"
#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/limits.hpp"
#include "conclave/protocol/client_generated.h"
#include "flat.hpp"

namespace conclave::codec {

/// Reads operations and guards out of one verified buffer into flat views. Refuses what is beyond the limits, unknown kinds and
/// fields, and byte strings that together are longer than the buffer (they would have to overlap, and a small request would become
/// a large one).
class OpReader {
 public:
  OpReader(std::size_t buffer_bytes, Arena& arena, const mvcc::Limits& limits)
      : bytes_left_(buffer_bytes), arena_(arena), limits_(limits) {}

  [[nodiscard]] Result<mvcc::KeySelector> keys(const wire::Keys* keys);
  [[nodiscard]] Result<mvcc::RangeOp> range(const wire::RangeOp& op);
  [[nodiscard]] Result<mvcc::PutOp> put(const wire::PutOp& op);
  [[nodiscard]] Result<mvcc::DeleteOp> erase(const wire::DeleteOp& op);
  [[nodiscard]] Result<mvcc::TxnOp> txn(const wire::TxnOp& op);
  [[nodiscard]] Result<std::span<const mvcc::Guard>> guards(const flatbuffers::Vector<flatbuffers::Offset<wire::Guard>>* guards);
  /// A key, value or note: counted, and no longer than `bytes_max`.
  [[nodiscard]] Result<ByteView> bytes(const flatbuffers::Vector<std::uint8_t>* bytes, std::size_t bytes_max);

  /// Whether a put was among what was read.
  [[nodiscard]] bool saw_put() const { return saw_put_; }
  /// The key of the first put with a lease that was among what was read; empty: there was none.
  [[nodiscard]] ByteView leased_key() const { return leased_key_; }
  /// Whether anything but a range was among what was read.
  [[nodiscard]] bool saw_change() const { return saw_change_; }

 private:
  [[nodiscard]] Result<mvcc::Compare> compare(const wire::Compare& compare);
  [[nodiscard]] Result<mvcc::Op> op(const wire::Op& op);
  [[nodiscard]] Result<std::span<const mvcc::Op>> ops(const flatbuffers::Vector<flatbuffers::Offset<wire::Op>>* ops);
  [[nodiscard]] Result<std::span<const mvcc::Compare>> compares(
      const flatbuffers::Vector<flatbuffers::Offset<wire::Compare>>* compares);

  std::size_t bytes_left_;
  Arena& arena_;
  const mvcc::Limits& limits_;
  std::size_t depth_ = 0;
  std::size_t operations_ = 0;
  std::size_t compares_ = 0;
  ByteView leased_key_;
  bool saw_put_ = false;
  bool saw_change_ = false;
};

struct ReadCommand {
  mvcc::Command command;  ///< the envelope has session, sequence and first outstanding only
  bool adds_data = false;
  ByteView leased_key;    ///< see OpReader
  bool internal = false;  ///< of a kind that only leaders make
};
/// A WriteRequest buffer as a command; `bytes` stand at a multiple of 8 and outlive the command.
[[nodiscard]] Result<ReadCommand> read_command(ByteView bytes, Arena& arena, const mvcc::Limits& limits);

/// The longest time that is taken from outside, far beyond every limit on it and far below every overflow.
inline constexpr std::uint64_t millis_max = 1'000'000'000'000;

}  // namespace conclave::codec
