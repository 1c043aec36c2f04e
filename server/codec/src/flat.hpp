#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <string>

#include "conclave/base/bytes.hpp"
#include "conclave/base/result.hpp"
#include "conclave/protocol/limits.hpp"
#include "conclave/protocol/vectors.hpp"

/// What all readers and writers of FlatBuffers here share.
namespace conclave::codec {

using Builder = flatbuffers::FlatBufferBuilder;

inline ByteView view_of(const flatbuffers::Vector<std::uint8_t>* vector) {
  if (vector == nullptr) return {};
  return {reinterpret_cast<const char*>(vector->data()), vector->size()};
}
inline ByteView view_of(const flatbuffers::String* text) {
  if (text == nullptr) return {};
  return {text->c_str(), text->size()};
}
inline ByteView view_of(const Builder& builder) {
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}
inline flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> bytes_of(Builder& builder, ByteView bytes) {
  if (bytes.empty()) return 0;
  return builder.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}
inline flatbuffers::Offset<flatbuffers::String> text_of(Builder& builder, ByteView text) {
  if (text.empty()) return 0;
  return builder.CreateString(text.data(), text.size());
}

/// The root table of verified bytes, or null. `bytes` must stand at a multiple of 8.
template <class Table>
const Table* verified(ByteView bytes, const protocol::VerifyLimits& limits) {
  constexpr std::size_t smallest = 8;  // root offset and the shortest vtable
  if (bytes.size() < smallest || bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) return nullptr;
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), limits.depth_max,
                                 limits.tables_max);
  if (!verifier.VerifyBuffer<Table>(nullptr)) return nullptr;
  return flatbuffers::GetRoot<Table>(bytes.data());
}

/// True if a verified table has fields beyond the last one this code knows (the VT_ constant of that field).
template <class Table>
bool has_unknown_fields(const Table* table, flatbuffers::voffset_t last_known) {
  const auto* plain = reinterpret_cast<const flatbuffers::Table*>(table);
  const auto vtable_bytes = flatbuffers::ReadScalar<flatbuffers::voffset_t>(plain->GetVTable());
  return vtable_bytes > last_known + sizeof(flatbuffers::voffset_t);
}

}  // namespace conclave::codec
