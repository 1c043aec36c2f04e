#include "conclave/codec/batch_codec.hpp"

#include <cstring>

#include "byte_io.hpp"
#include "command_reader.hpp"
#include "conclave/protocol/frame.hpp"

namespace conclave::codec {

namespace {

using protocol::padding_of;

constexpr std::uint8_t batch_format = 1;
constexpr std::size_t batch_header_bytes = 24;
constexpr std::size_t command_header_bytes = 40;

std::size_t padded(std::size_t size) { return size + padding_of(size).size(); }

/// The payload at an address that is a multiple of 8: itself, or a copy in the arena.
ByteView aligned(ByteView payload, Arena& arena) {
  if (reinterpret_cast<std::uintptr_t>(payload.data()) % 8 == 0) return payload;
  const auto words = arena.make_span<std::uint64_t>((payload.size() + 7) / 8);
  auto* copy = reinterpret_cast<char*>(words.data());
  std::memcpy(copy, payload.data(), payload.size());
  return {copy, payload.size()};
}

struct CommandParts {
  mvcc::Envelope envelope;
  ByteView request;
};

bool read_parts(ByteReader& reader, CommandParts& out) {
  out.envelope.origin = MemberId(reader.u64());
  out.envelope.origin_incarnation = Incarnation(reader.u64());
  out.envelope.origin_request = reader.u64();
  out.envelope.auth_revision = reader.u64();
  const std::size_t identity = reader.u32();
  const std::size_t request = reader.u32();
  out.envelope.identity = reader.take(identity);
  reader.take(padding_of(identity).size());
  out.request = reader.take(request);
  reader.take(padding_of(request).size());
  return reader.ok();
}

mvcc::Command command_of(const CommandParts& parts, Arena& arena, const mvcc::Limits& limits) {
  mvcc::Command command;
  const auto read = read_command(parts.request, arena, limits);
  if (read) {
    command = read->command;
  } else {
    command.body = mvcc::Undecodable{read.error().code};
  }
  command.envelope.origin = parts.envelope.origin;
  command.envelope.origin_incarnation = parts.envelope.origin_incarnation;
  command.envelope.origin_request = parts.envelope.origin_request;
  command.envelope.auth_revision = parts.envelope.auth_revision;
  command.envelope.identity = parts.envelope.identity;
  return command;
}

/// A WriteRequest with nothing but a body.
template <class Body>
Bytes internal_command(Builder& builder, wire::CommandBody kind, flatbuffers::Offset<Body> body) {
  builder.Finish(wire::CreateWriteRequest(builder, 0, 0, 0, 0, kind, body.Union()));
  return Bytes::copy_of(view_of(builder));
}

flatbuffers::Offset<flatbuffers::Vector<std::uint64_t>> ids_of(Builder& builder, std::span<const LeaseId> ids) {
  std::uint64_t* out = nullptr;
  const auto vector = builder.CreateUninitializedVector<std::uint64_t>(ids.size(), &out);
  for (std::size_t i = 0; i < ids.size(); ++i) out[i] = flatbuffers::EndianScalar(ids[i].value());
  return vector;
}

struct Header {
  std::size_t count = 0;
  MachineVersion version;
  ClusterTime stamp;
};

Result<Header> read_header(ByteReader& reader) {
  Header header;
  const std::uint8_t format = reader.u8();
  reader.take(3);
  header.count = reader.u32();
  header.version = MachineVersion(reader.u64());
  header.stamp = cluster_time_from_millis(static_cast<std::int64_t>(reader.u64()));
  if (!reader.ok() || format == 0) return fail(Errc::corruption, "a batch without a header");
  if (format > batch_format) return fail(Errc::version_mismatch, "a batch of format " + std::to_string(format));
  return header;
}

}  // namespace

Bytes BatchCodec::encode(MachineVersion version, ClusterTime stamp, std::span<const engine::PendingCommand> commands) const {
  std::size_t size = batch_header_bytes;
  for (const auto& command : commands)
    size += command_header_bytes + padded(command.identity.size()) + padded(command.command.size());
  std::string out;
  out.reserve(size);
  append_u8(out, batch_format);
  out.append(3, '\0');
  append_u32(out, static_cast<std::uint32_t>(commands.size()));
  append_u64(out, version.value());
  append_u64(out, static_cast<std::uint64_t>(to_millis(stamp)));
  for (const auto& command : commands) {
    append_u64(out, command.origin.value());
    append_u64(out, command.incarnation.value());
    append_u64(out, command.request);
    append_u64(out, command.auth_revision);
    append_u32(out, static_cast<std::uint32_t>(command.identity.size()));
    append_u32(out, static_cast<std::uint32_t>(command.command.size()));
    out.append(command.identity).append(padding_of(command.identity.size()));
    out.append(command.command.view()).append(padding_of(command.command.size()));
  }
  return Bytes(std::move(out));
}

Result<mvcc::Batch> BatchCodec::decode(const Bytes& payload, Arena& arena) const {
  ByteReader reader(aligned(payload.view(), arena));
  const auto header = read_header(reader);
  if (!header.has_value()) return fail(header.error());
  // Before anything is allocated: the commands' headers alone must fit.
  if (header->count > reader.left() / command_header_bytes)
    return fail(Errc::corruption, "a batch that counts more commands than it holds");

  mvcc::Batch batch;
  batch.version = header->version;
  batch.stamp = header->stamp;
  const auto commands = arena.make_span<mvcc::Command>(header->count);
  for (auto& command : commands) {
    CommandParts parts;
    if (!read_parts(reader, parts)) return fail(Errc::corruption, "a batch that ends within a command");
    command = command_of(parts, arena, limits_);
  }
  if (reader.left() != 0) return fail(Errc::corruption, "a batch with bytes behind its last command");
  batch.commands = commands;
  return batch;
}

std::optional<ClusterTime> stamp_of(const Bytes& payload) {
  ByteReader reader(payload.view());
  const auto header = read_header(reader);
  return header.has_value() ? std::optional(header->stamp) : std::nullopt;
}

Bytes BatchCodec::expire_leases(std::span<const LeaseId> ids) const {
  Builder builder(64 + ids.size() * 8);
  return internal_command(builder, wire::CommandBody::ExpireLeases, wire::CreateExpireLeases(builder, ids_of(builder, ids)));
}

Bytes BatchCodec::renew_leases(std::span<const LeaseId> ids) const {
  Builder builder(64 + ids.size() * 8);
  return internal_command(builder, wire::CommandBody::LeaseRenew, wire::CreateLeaseRenew(builder, ids_of(builder, ids)));
}

Bytes BatchCodec::compact(Revision revision) const {
  Builder builder(64);
  return internal_command(builder, wire::CommandBody::Compact, wire::CreateCompact(builder, revision.value()));
}

Bytes BatchCodec::set_machine_version(MachineVersion version) const {
  Builder builder(64);
  return internal_command(builder, wire::CommandBody::SetMachineVersion, wire::CreateSetMachineVersion(builder, version.value()));
}

}  // namespace conclave::codec
