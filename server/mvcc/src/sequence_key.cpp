#include "sequence_key.hpp"

#include "conclave/base/assert.hpp"

namespace conclave::mvcc {
namespace {

void append_digits(std::string& text, std::uint64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  text.append(width - digits.size(), '0').append(digits);
}

}  // namespace

std::string sequence_key(ByteView key, Revision revision, std::size_t operation) {
  CONCLAVE_ASSERT(operation < 1000);
  std::string completed(key);
  completed.reserve(key.size() + sequence_suffix_bytes);
  append_digits(completed, revision.value(), 20);
  completed += '-';
  append_digits(completed, operation, 3);
  return completed;
}

}  // namespace conclave::mvcc
