#pragma once

#include <string>

#include "byte_io.hpp"
#include "conclave/mvcc/key_value.hpp"

/// Keys and history in their plain form on disk.
namespace conclave::codec {

/// create, mod, version, lease: four numbers.
inline void append_versions(std::string& out, const mvcc::KeyValue::Versions& versions) {
  append_u64(out, versions.create.value());
  append_u64(out, versions.mod.value());
  append_u64(out, versions.version);
  append_u64(out, versions.lease.value());
}
inline mvcc::KeyValue::Versions read_versions(ByteReader& reader) {
  mvcc::KeyValue::Versions versions;
  versions.create = Revision(reader.u64());
  versions.mod = Revision(reader.u64());
  versions.version = reader.u64();
  versions.lease = LeaseId(reader.u64());
  return versions;
}

/// The event batches of a history row, without the row's prefix:
///
///     u32 count, and for each batch: u64 revision  u32 count of events, and for each event:
///        u8 kind  u8 cause  u8 1 if there is a version before  u8 zero  u32 key length  u32 value length  versions  key  value
///        and the version before: u32 value length  versions  value (its key is the same)
void append_batches(std::string& out, const std::vector<mvcc::EventBatchPtr>& batches);
/// False for bytes that append_batches did not make.
[[nodiscard]] bool read_batches(ByteReader& reader, std::vector<mvcc::EventBatchPtr>& out);

}  // namespace conclave::codec
