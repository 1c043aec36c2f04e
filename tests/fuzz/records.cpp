// What a member reads from its disk or gets as a snapshot: the first byte says what the rest is taken for. Checksums are put right,
// so that what lies behind them is reached.
#include <algorithm>
#include <string>

#include "conclave/base/crc32c.hpp"
#include "conclave/codec/batch_codec.hpp"
#include "conclave/codec/event_reader.hpp"
#include "conclave/codec/log_codec.hpp"
#include "conclave/codec/row_codec.hpp"
#include "conclave/codec/snapshot_codec.hpp"
#include "conclave/mvcc/machine.hpp"
#include "fuzz.hpp"

using namespace conclave;
using fuzz::demand;

namespace {

std::string mended(std::string_view bytes) {
  std::string row(bytes);
  if (row.size() < 8) return row;
  const std::uint32_t checksum = crc32c(ByteView(row).substr(8), crc32c(ByteView(row).substr(0, 4)));
  for (std::size_t byte = 0; byte < 4; ++byte) row[4 + byte] = static_cast<char>((checksum >> (8 * byte)) & 0xff);
  return row;
}

void read_entry(std::string_view bytes) {
  const auto entry = codec::decode_entry(Bytes(mended(bytes)));
  if (!entry.has_value()) return demand(!entry.error().context.empty(), "a refusal says what is wrong");
  const auto again = codec::decode_entry(Bytes(codec::encode_entry(*entry->entry, entry->previous_checksum).bytes));
  demand(again.has_value() && again->entry->id == entry->entry->id, "an entry that was read can be written");
}

void read_small(std::string_view bytes) {
  const std::string row = mended(bytes);
  if (const auto state = codec::decode_hard_state(row)) {
    demand(codec::decode_hard_state(codec::encode_hard_state(*state)).has_value(), "a hard state");
  }
  if (const auto meta = codec::decode_snapshot_meta(row)) {
    demand(codec::decode_snapshot_meta(codec::encode_snapshot_meta(*meta)).has_value(), "what a snapshot is of");
  }
  if (const auto membership = codec::decode_membership(row)) {
    demand(codec::decode_membership(codec::encode_membership(*membership)).has_value(), "a membership");
  }
}

/// A byte, the length of the key, the key, and the value; the rows make a machine, or are refused.
void read_row(codec::Table table, std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t key = std::min<std::size_t>(static_cast<unsigned char>(bytes.front()), bytes.size() - 1);
  auto row = codec::decode_row(table, bytes.substr(1, key), mended(bytes.substr(1 + key)));
  if (!row.has_value()) return;
  const codec::RowBytes written = codec::encode_row(*row);
  demand(written.table == table, "a row stays in its table");
  demand(codec::decode_row(table, written.key, written.value).has_value(), "a row that was read can be written");
  mvcc::Machine machine;
  if (machine.restore(std::move(*row)).has_value() && machine.finish_restore().has_value()) machine.check_invariants();
}

void read_snapshot(std::string_view bytes) {
  for (const std::size_t piece : {std::size_t{7}, bytes.size()}) {
    codec::SnapshotReader reader;
    mvcc::Machine machine;
    bool good = true;
    for (std::size_t at = 0; good && at < bytes.size(); at += piece) {
      const auto fed = reader.feed(bytes.substr(at, piece), [&](codec::Table table, ByteView key, ByteView value) -> Result<void> {
        auto row = codec::decode_row(table, key, value);
        if (!row.has_value()) return fail(row.error());
        return machine.restore(std::move(*row));
      });
      good = fed.has_value();
    }
    if (good && reader.complete() && machine.finish_restore().has_value()) machine.check_invariants();
  }
}

void read_batch(std::string_view bytes) {
  Arena arena;
  const codec::BatchCodec batches;
  const Bytes payload{std::string(bytes)};
  const auto batch = batches.decode(payload, arena);
  if (!batch.has_value() || batch->version > mvcc::machine_version_max) return;
  mvcc::Machine machine;
  const mvcc::ApplyResult result = machine.apply(Index(1), Term(1), *batch);
  demand(result.responses.size() == batch->commands.size(), "each command has an answer");
  machine.check_invariants();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data, size).substr(1);
  switch (data[0] % 10) {
    case 0: read_entry(bytes); break;
    case 1:
    case 2:
    case 3:
    case 4:
    case 5: read_row(static_cast<codec::Table>(data[0] % 10), bytes); break;
    case 6: read_snapshot(bytes); break;
    case 7: read_batch(bytes); break;
    case 8: static_cast<void>(codec::read_events(bytes)); break;
    default: read_small(bytes); break;
  }
  return 0;
}
