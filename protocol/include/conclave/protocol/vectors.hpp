#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <cstring>
#include <type_traits>

/// Elements of verified vectors, read by copying: verification makes sure that a vector lies within the buffer, not that its elements
/// stand where the processor wants them, and damaged bytes need not.
namespace conclave::protocol {

[[nodiscard]] inline std::uint64_t number_at(const flatbuffers::Vector<std::uint64_t>& vector, flatbuffers::uoffset_t i) {
  std::uint64_t number = 0;
  std::memcpy(&number, vector.Data() + std::size_t{i} * sizeof number, sizeof number);
  return flatbuffers::EndianScalar(number);
}

template <class Struct>
[[nodiscard]] Struct struct_at(const flatbuffers::Vector<const Struct*>& vector, flatbuffers::uoffset_t i) {
  static_assert(std::is_trivially_copyable_v<Struct>);
  Struct copy;
  std::memcpy(&copy, vector.Data() + std::size_t{i} * sizeof copy, sizeof copy);
  return copy;
}

}  // namespace conclave::protocol
