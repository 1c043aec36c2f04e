#include "conclave/codec/row_codec.hpp"

#include "aligned_bytes.hpp"
#include "conclave/protocol/disk_generated.h"
#include "flat.hpp"
#include "key_value_bytes.hpp"
#include "reply_reader.hpp"
#include "reply_writer.hpp"

namespace conclave::codec {

namespace {

// Every value starts with eight bytes, of which the first is the format, so that what follows stands at a multiple of 8.
constexpr std::uint8_t row_format = 1;
constexpr std::size_t prefix_bytes = 8;
constexpr protocol::VerifyLimits row_verify{24, 1'000'000};

Unexpected bad(const char* what) { return fail(Errc::corruption, what); }

std::string prefixed(ByteView content) {
  std::string value;
  value.reserve(prefix_bytes + content.size());
  append_u64(value, row_format);
  value.append(content);
  return value;
}

RowBytes bytes_of(const mvcc::KeyRow& row) { return {Table::keys, std::string(row.kv->key()), encode_key_value(*row.kv)}; }

RowBytes bytes_of(const mvcc::LeaseRow& row) {
  Builder builder(256);
  const auto owner = codec::bytes_of(builder, ByteView(row.owner));
  const auto note = codec::bytes_of(builder, ByteView(row.note));
  builder.Finish(wire::CreateLeaseValue(builder, static_cast<std::uint64_t>(row.ttl.count()), to_millis(row.deadline), owner, note,
                                        row.session, row.nonce, row.first_outstanding.value()));
  return {Table::leases, sortable(row.id.value()), prefixed(view_of(builder))};
}

std::string outcome_key(LeaseId session, RequestSeq sequence) { return sortable(session.value()) + sortable(sequence.value()); }

RowBytes bytes_of(const mvcc::OutcomeRow& row) {
  Builder builder(256);
  const WrittenBody body = write_response(builder, row.response->body, Values::all);
  builder.Finish(wire::CreateOutcomeValue(builder, row.response->revision.value(), body.kind, body.offset));
  return {Table::outcomes, outcome_key(row.session, row.sequence), prefixed(view_of(builder))};
}

RowBytes bytes_of(const mvcc::HistoryRow& row) {
  std::string value;
  append_u64(value, row_format);
  append_batches(value, row.batches);
  return {Table::history, history_key(row.last), std::move(value)};
}

RowBytes bytes_of(const mvcc::MetaRow& row) {
  Builder builder(128);
  builder.Finish(wire::CreateMetaValue(builder, row.applied.value(), row.applied_term.value(), to_millis(row.stamp),
                                       row.revision.value(), row.compacted.value(), row.machine_version.value()));
  return {Table::meta, {}, prefixed(view_of(builder))};
}

/// What follows the prefix, or why it cannot be read.
Result<ByteView> content_of(ByteView value) {
  if (value.size() < prefix_bytes || value[0] == 0) return bad("a row without a format");
  const auto format = static_cast<std::uint8_t>(value[0]);
  if (format > row_format) return fail(Errc::version_mismatch, "a row of format " + std::to_string(format));
  return value.substr(prefix_bytes);
}

Result<mvcc::Row> decode_key(ByteView key, ByteView content) {
  ByteReader reader(content);
  const auto versions = read_versions(reader);
  if (!reader.ok()) return bad("a key's row that is too short");
  return mvcc::KeyRow{mvcc::make_key_value(key, reader.take(reader.left()), versions)};
}

Result<mvcc::Row> decode_lease(ByteView key, ByteView content) {
  const auto id = number_of(key);
  const AlignedBytes aligned(content);
  const auto* wire = verified<wire::LeaseValue>(aligned.view(), row_verify);
  if (!id || wire == nullptr) return bad("a lease's row");
  mvcc::LeaseRow row;
  row.id = LeaseId(*id);
  row.ttl = milliseconds(static_cast<std::int64_t>(wire->ttl_millis()));
  row.deadline = cluster_time_from_millis(wire->deadline_millis());
  row.owner = std::string(view_of(wire->owner()));
  row.note = std::string(view_of(wire->note()));
  row.session = wire->session();
  row.nonce = wire->nonce();
  row.first_outstanding = RequestSeq(wire->first_outstanding());
  return row;
}

Result<mvcc::Row> decode_outcome(ByteView key, ByteView content) {
  if (key.size() != 16) return bad("an outcome's key");
  const auto session = number_of(key.substr(0, 8));
  const auto sequence = number_of(key.substr(8));
  const AlignedBytes aligned(content);
  const auto* wire = verified<wire::OutcomeValue>(aligned.view(), row_verify);
  if (wire == nullptr) return bad("an outcome's row");
  auto body = read_response(wire->body_type(), wire->body());
  if (!body) return fail(body.error());
  auto response = std::make_shared<const mvcc::Response>(mvcc::Response{Revision(wire->revision()), std::move(*body)});
  return mvcc::OutcomeRow{LeaseId(*session), RequestSeq(*sequence), std::move(response)};
}

Result<mvcc::Row> decode_history(ByteView key, ByteView content) {
  const auto last = number_of(key);
  mvcc::HistoryRow row;
  ByteReader reader(content);
  if (!last || !read_batches(reader, row.batches)) return bad("a history row");
  row.last = Revision(*last);
  if (row.batches.empty() || row.batches.back()->revision != row.last) return bad("a history row under another revision's key");
  return row;
}

Result<mvcc::Row> decode_meta(ByteView key, ByteView content) {
  const AlignedBytes aligned(content);
  const auto* wire = verified<wire::MetaValue>(aligned.view(), row_verify);
  if (!key.empty() || wire == nullptr) return bad("the meta row");
  mvcc::MetaRow row;
  row.applied = Index(wire->applied());
  row.applied_term = Term(wire->applied_term());
  row.stamp = cluster_time_from_millis(wire->stamp_millis());
  row.revision = Revision(wire->revision());
  row.compacted = Revision(wire->compacted());
  row.machine_version = MachineVersion(wire->machine_version());
  return row;
}

}  // namespace

bool is_table(std::uint8_t number) {
  return number >= static_cast<std::uint8_t>(Table::keys) && number <= static_cast<std::uint8_t>(Table::meta);
}

std::string sortable(std::uint64_t number) {
  std::string out(8, '\0');
  for (std::size_t i = 8; i > 0; --i) {
    out[i - 1] = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  return out;
}

Result<std::uint64_t> number_of(ByteView sortable_bytes) {
  if (sortable_bytes.size() != 8) return bad("a key that is not a number");
  std::uint64_t number = 0;
  for (const char byte : sortable_bytes) number = (number << 8) | static_cast<unsigned char>(byte);
  return number;
}

std::string history_key(Revision revision) { return sortable(revision.value()); }

RowBytes encode_row(const mvcc::Row& row) {
  return std::visit([](const auto& one) { return bytes_of(one); }, row);
}

RowBytes encode_meta(const mvcc::MetaRow& meta) { return bytes_of(meta); }
RowBytes encode_history(const mvcc::HistoryRow& row) { return bytes_of(row); }

std::string encode_key_value(const mvcc::KeyValue& kv) {
  std::string value;
  value.reserve(prefix_bytes + 32 + kv.value().size());
  append_u64(value, row_format);
  append_versions(value, kv.versions());
  value.append(kv.value());
  return value;
}

ChangeBytes encode_change(const mvcc::Change& change) {
  return std::visit(
      [](const auto& one) -> ChangeBytes {
        using Kind = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Kind, mvcc::KeyErase>) {
          return RowErase{Table::keys, one.key};
        } else if constexpr (std::is_same_v<Kind, mvcc::LeaseErase>) {
          return RowErase{Table::leases, sortable(one.id.value())};
        } else if constexpr (std::is_same_v<Kind, mvcc::OutcomeErase>) {
          return RowErase{Table::outcomes, outcome_key(one.session, one.sequence)};
        } else if constexpr (std::is_same_v<Kind, mvcc::HistoryErase>) {
          return RowsEraseBelow{Table::history, history_key(one.below)};
        } else {
          return bytes_of(one);
        }
      },
      change);
}

Result<mvcc::Row> decode_row(Table table, ByteView key, ByteView value) {
  const auto content = content_of(value);
  if (!content) return fail(content.error());
  switch (table) {
    case Table::keys: return decode_key(key, *content);
    case Table::leases: return decode_lease(key, *content);
    case Table::outcomes: return decode_outcome(key, *content);
    case Table::history: return decode_history(key, *content);
    case Table::meta: return decode_meta(key, *content);
  }
  return bad("a row of an unknown table");
}

}  // namespace conclave::codec
