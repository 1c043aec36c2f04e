#include "command_reader.hpp"

namespace conclave::codec {

namespace {

template <class Mine, class Wire>
bool in_range(Wire value, Wire greatest, Mine& out) {
  if (value > greatest) return false;
  out = static_cast<Mine>(value);
  return true;
}

Unexpected unknown_field() { return fail(Errc::unsupported, "a request with a field that this version does not know"); }
Unexpected unknown_enumerator() { return fail(Errc::unsupported, "a request with a choice that this version does not know"); }

}  // namespace

Result<ByteView> OpReader::bytes(const flatbuffers::Vector<std::uint8_t>* bytes, std::size_t bytes_max) {
  const ByteView view = view_of(bytes);
  if (view.size() > bytes_max) {
    return fail(Errc::too_large,
                "a byte string of " + std::to_string(view.size()) + " bytes; the limit is " + std::to_string(bytes_max));
  }
  if (view.size() > bytes_left_) return fail(Errc::malformed, "byte strings that overlap");
  bytes_left_ -= view.size();
  return view;
}

Result<mvcc::KeySelector> OpReader::keys(const wire::Keys* keys) {
  if (keys == nullptr) return fail(Errc::malformed, "an operation without keys");
  if (has_unknown_fields(keys, wire::Keys::VT_END)) return unknown_field();
  mvcc::KeySelector selector;
  if (!in_range(keys->kind(), wire::KeysKind::MAX, selector.kind)) return unknown_enumerator();
  const auto begin = bytes(keys->begin(), limits_.key_bytes_max);
  if (!begin) return fail(begin.error());
  selector.begin = *begin;
  if (selector.kind == mvcc::KeySelector::Kind::range) {
    const auto end = bytes(keys->end(), limits_.key_bytes_max);
    if (!end) return fail(end.error());
    selector.end = *end;
  }
  return selector;
}

Result<mvcc::RangeOp> OpReader::range(const wire::RangeOp& op) {
  if (has_unknown_fields(&op, wire::RangeOp::VT_MAX_CREATE)) return unknown_field();
  const auto selector = keys(op.keys());
  if (!selector) return fail(selector.error());
  mvcc::RangeOp range;
  range.keys = *selector;
  range.at = Revision(op.at());
  range.limit = op.limit();
  range.limit_bytes = op.limit_bytes();
  range.keys_only = op.keys_only();
  range.count_only = op.count_only();
  if (!in_range(op.sort_target(), wire::SortTarget::MAX, range.sort_target)) return unknown_enumerator();
  if (!in_range(op.sort_order(), wire::SortOrder::MAX, range.sort_order)) return unknown_enumerator();
  range.min_mod = Revision(op.min_mod());
  range.max_mod = Revision(op.max_mod());
  range.min_create = Revision(op.min_create());
  range.max_create = Revision(op.max_create());
  return range;
}

Result<mvcc::PutOp> OpReader::put(const wire::PutOp& op) {
  saw_put_ = saw_change_ = true;
  if (has_unknown_fields(&op, wire::PutOp::VT_SEQUENCE)) return unknown_field();
  const auto key = bytes(op.key(), limits_.key_bytes_max);
  if (!key) return fail(key.error());
  const auto value = bytes(op.value(), limits_.value_bytes_max);
  if (!value) return fail(value.error());
  mvcc::PutOp put;
  put.key = *key;
  put.value = *value;
  put.lease = LeaseId(op.lease());
  put.want_previous = op.want_previous();
  put.ignore_value = op.ignore_value();
  put.ignore_lease = op.ignore_lease();
  put.sequence = op.sequence();
  if (leased_key_.empty() && !put.lease.is_zero()) leased_key_ = put.key;
  return put;
}

Result<mvcc::DeleteOp> OpReader::erase(const wire::DeleteOp& op) {
  saw_change_ = true;
  if (has_unknown_fields(&op, wire::DeleteOp::VT_WANT_PREVIOUS)) return unknown_field();
  const auto selector = keys(op.keys());
  if (!selector) return fail(selector.error());
  return mvcc::DeleteOp{*selector, op.want_previous()};
}

Result<mvcc::Compare> OpReader::compare(const wire::Compare& wire) {
  if (has_unknown_fields(&wire, wire::Compare::VT_VALUE)) return unknown_field();
  const auto selector = keys(wire.keys());
  if (!selector) return fail(selector.error());
  mvcc::Compare compare;
  compare.keys = *selector;
  if (!in_range(wire.target(), wire::CompareTarget::MAX, compare.target)) return unknown_enumerator();
  if (!in_range(wire.relation(), wire::CompareRelation::MAX, compare.relation)) return unknown_enumerator();
  compare.number = wire.number();
  const auto value = bytes(wire.value(), limits_.value_bytes_max);
  if (!value) return fail(value.error());
  compare.value = *value;
  return compare;
}

Result<std::span<const mvcc::Compare>> OpReader::compares(const flatbuffers::Vector<flatbuffers::Offset<wire::Compare>>* wire) {
  if (wire == nullptr) return std::span<const mvcc::Compare>();
  compares_ += wire->size();
  if (compares_ > limits_.txn_operations_max) return fail(Errc::too_large, "a transaction with too many compares");
  const auto out = arena_.make_span<mvcc::Compare>(wire->size());
  for (flatbuffers::uoffset_t i = 0; i < wire->size(); ++i) {
    const auto one = compare(*wire->Get(i));
    if (!one) return fail(one.error());
    out[i] = *one;
  }
  return std::span<const mvcc::Compare>(out);
}

Result<mvcc::Op> OpReader::op(const wire::Op& op) {
  if (has_unknown_fields(&op, wire::Op::VT_BODY)) return unknown_field();
  if (op.body() == nullptr) return fail(Errc::malformed, "an empty operation");
  const auto wrap = [](const auto& body) -> Result<mvcc::Op> {
    if (!body) return fail(body.error());
    return mvcc::Op{*body};
  };
  switch (op.body_type()) {
    case wire::OpBody::RangeOp: return wrap(range(*op.body_as_RangeOp()));
    case wire::OpBody::PutOp: return wrap(put(*op.body_as_PutOp()));
    case wire::OpBody::DeleteOp: return wrap(erase(*op.body_as_DeleteOp()));
    case wire::OpBody::TxnOp: return wrap(txn(*op.body_as_TxnOp()));
    case wire::OpBody::NONE: break;
  }
  return fail(Errc::unsupported, "an operation of a kind that this version does not know");
}

Result<std::span<const mvcc::Op>> OpReader::ops(const flatbuffers::Vector<flatbuffers::Offset<wire::Op>>* wire) {
  if (wire == nullptr) return std::span<const mvcc::Op>();
  operations_ += wire->size();
  if (operations_ > limits_.txn_operations_max) return fail(Errc::too_large, "a transaction with too many operations");
  const auto out = arena_.make_span<mvcc::Op>(wire->size());
  for (flatbuffers::uoffset_t i = 0; i < wire->size(); ++i) {
    const auto one = op(*wire->Get(i));
    if (!one) return fail(one.error());
    out[i] = *one;
  }
  return std::span<const mvcc::Op>(out);
}

Result<mvcc::TxnOp> OpReader::txn(const wire::TxnOp& wire) {
  if (has_unknown_fields(&wire, wire::TxnOp::VT_FAILURE)) return unknown_field();
  if (depth_ == limits_.txn_depth_max) return fail(Errc::too_large, "a transaction that is nested too deep");
  ++depth_;
  const auto conditions = compares(wire.compares());
  if (!conditions) return fail(conditions.error());
  const auto success = ops(wire.success());
  if (!success) return fail(success.error());
  const auto failure = ops(wire.failure());
  if (!failure) return fail(failure.error());
  --depth_;
  return mvcc::TxnOp{*conditions, *success, *failure};
}

Result<std::span<const mvcc::Guard>> OpReader::guards(const flatbuffers::Vector<flatbuffers::Offset<wire::Guard>>* wire) {
  if (wire == nullptr) return std::span<const mvcc::Guard>();
  if (wire->size() > limits_.guards_max) return fail(Errc::too_large, "a request with too many guards");
  const auto out = arena_.make_span<mvcc::Guard>(wire->size());
  for (flatbuffers::uoffset_t i = 0; i < wire->size(); ++i) {
    const wire::Guard& guard = *wire->Get(i);
    if (has_unknown_fields(&guard, wire::Guard::VT_CREATE_REVISION)) return unknown_field();
    const auto key = bytes(guard.key(), limits_.key_bytes_max);
    if (!key) return fail(key.error());
    out[i] = mvcc::Guard{LeaseId(guard.lease()), *key, Revision(guard.create_revision())};
  }
  return std::span<const mvcc::Guard>(out);
}

}  // namespace conclave::codec
