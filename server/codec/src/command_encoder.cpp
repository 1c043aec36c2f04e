#include "conclave/codec/command_encoder.hpp"

#include <utility>
#include <vector>

#include "conclave/base/assert.hpp"
#include "conclave/protocol/client_generated.h"
#include "flat.hpp"

namespace conclave::codec {
namespace {

template <class T>
using Offset = flatbuffers::Offset<T>;

template <class To, class From>
To numbered(From value) {
  return static_cast<To>(static_cast<std::uint8_t>(value));
}

/// Writes the parts of one command, the innermost first.
class CommandWriter {
 public:
  explicit CommandWriter(Builder& builder) : builder_(builder) {}

  using Body = std::pair<wire::CommandBody, Offset<void>>;
  Body operator()(const mvcc::Op& op) {
    if (const auto* put = std::get_if<mvcc::PutOp>(&op.body)) return {wire::CommandBody::PutOp, write(*put).Union()};
    if (const auto* erase = std::get_if<mvcc::DeleteOp>(&op.body)) return {wire::CommandBody::DeleteOp, write(*erase).Union()};
    const auto* txn = std::get_if<mvcc::TxnOp>(&op.body);
    CONCLAVE_ASSERT(txn != nullptr);  // a range alone is a read
    return {wire::CommandBody::TxnOp, write(*txn).Union()};
  }
  Body operator()(const mvcc::LeaseGrant& grant) {
    const auto owner = bytes_of(builder_, grant.owner);
    const auto note = bytes_of(builder_, grant.note);
    const auto ttl = static_cast<std::uint64_t>(grant.ttl.count());
    return {wire::CommandBody::LeaseGrant, wire::CreateLeaseGrant(builder_, grant.id.value(), ttl, owner, note).Union()};
  }
  Body operator()(const mvcc::LeaseRevoke& revoke) {
    return {wire::CommandBody::LeaseRevoke, wire::CreateLeaseRevoke(builder_, revoke.id.value()).Union()};
  }
  Body operator()(const mvcc::LeaseRenew& renew) {
    std::vector<std::uint64_t> ids;
    for (const LeaseId id : renew.ids) ids.push_back(id.value());
    return {wire::CommandBody::LeaseRenew, wire::CreateLeaseRenew(builder_, builder_.CreateVector(ids)).Union()};
  }
  Body operator()(const mvcc::Compact& compact) {
    return {wire::CommandBody::Compact, wire::CreateCompact(builder_, compact.revision.value()).Union()};
  }
  template <class Other>
  Body operator()(const Other&) {
    CONCLAVE_ASSERT(!"a command that no client without a session gives");
    return {};
  }

 private:
  Offset<wire::Keys> write(const mvcc::KeySelector& keys) {
    const auto begin = bytes_of(builder_, keys.begin);
    const auto end = bytes_of(builder_, keys.end);
    return wire::CreateKeys(builder_, numbered<wire::KeysKind>(keys.kind), begin, end);
  }
  Offset<wire::RangeOp> write(const mvcc::RangeOp& op) {
    const auto keys = write(op.keys);
    return wire::CreateRangeOp(builder_, keys, op.at.value(), op.limit, op.limit_bytes, op.keys_only, op.count_only,
                               numbered<wire::SortTarget>(op.sort_target), numbered<wire::SortOrder>(op.sort_order),
                               op.min_mod.value(), op.max_mod.value(), op.min_create.value(), op.max_create.value());
  }
  Offset<wire::PutOp> write(const mvcc::PutOp& op) {
    const auto key = bytes_of(builder_, op.key);
    const auto value = bytes_of(builder_, op.value);
    return wire::CreatePutOp(builder_, key, value, op.lease.value(), op.want_previous, op.ignore_value, op.ignore_lease,
                             op.sequence);
  }
  Offset<wire::DeleteOp> write(const mvcc::DeleteOp& op) {
    return wire::CreateDeleteOp(builder_, write(op.keys), op.want_previous);
  }
  Offset<wire::Compare> write(const mvcc::Compare& compare) {
    const auto keys = write(compare.keys);
    const auto value = bytes_of(builder_, compare.value);
    return wire::CreateCompare(builder_, keys, numbered<wire::CompareTarget>(compare.target),
                               numbered<wire::CompareRelation>(compare.relation), compare.number, value);
  }
  Offset<wire::Op> write(const mvcc::Op& op) {
    if (const auto* range = std::get_if<mvcc::RangeOp>(&op.body))
      return wire::CreateOp(builder_, wire::OpBody::RangeOp, write(*range).Union());
    if (const auto* put = std::get_if<mvcc::PutOp>(&op.body))
      return wire::CreateOp(builder_, wire::OpBody::PutOp, write(*put).Union());
    if (const auto* erase = std::get_if<mvcc::DeleteOp>(&op.body))
      return wire::CreateOp(builder_, wire::OpBody::DeleteOp, write(*erase).Union());
    return wire::CreateOp(builder_, wire::OpBody::TxnOp, write(std::get<mvcc::TxnOp>(op.body)).Union());
  }
  Offset<wire::TxnOp> write(const mvcc::TxnOp& txn) {
    const auto compares = write_all<wire::Compare>(txn.compares);
    const auto success = write_all<wire::Op>(txn.success);
    const auto failure = write_all<wire::Op>(txn.failure);
    return wire::CreateTxnOp(builder_, compares, success, failure);
  }
  template <class Table, class Value>
  Offset<flatbuffers::Vector<Offset<Table>>> write_all(std::span<const Value> values) {
    std::vector<Offset<Table>> offsets;
    offsets.reserve(values.size());
    for (const Value& value : values) offsets.push_back(write(value));
    return builder_.CreateVector(offsets);
  }

  Builder& builder_;
};

}  // namespace

Bytes encode_command(const mvcc::CommandBody& body) {
  Builder builder(256);
  CommandWriter writer(builder);
  const auto [kind, offset] = std::visit(writer, body);
  builder.Finish(wire::CreateWriteRequest(builder, 0, 0, 0, 0, kind, offset));
  return Bytes::copy_of(view_of(builder));  // readers need it at a multiple of 8, where a built buffer need not stand
}

}  // namespace conclave::codec
