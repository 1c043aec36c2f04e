#pragma once

#include <span>

#include "conclave/mvcc/machine.hpp"
#include "conclave/mvcc/response.hpp"
#include "conclave/protocol/client_generated.h"
#include "flat.hpp"

namespace conclave::codec {

/// Whether the values of a keys-only answer are written: a client does not get them, a row on disk has to give the same answer
/// back.
enum class Values { as_asked, all };

/// What a union field needs.
struct WrittenBody {
  wire::ReplyBody kind = wire::ReplyBody::NONE;
  flatbuffers::Offset<void> offset = 0;
};

[[nodiscard]] WrittenBody write_response(Builder& builder, const mvcc::ResponseBody& body, Values values);
[[nodiscard]] flatbuffers::Offset<wire::KeyValue> write_key_value(Builder& builder, const mvcc::KeyValue& kv, bool with_value);
[[nodiscard]] flatbuffers::Offset<wire::LeaseInfo> write_lease(Builder& builder, const mvcc::LeaseInfo& lease);

}  // namespace conclave::codec
