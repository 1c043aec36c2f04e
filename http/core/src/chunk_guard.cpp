#include "chunk_guard.hpp"

namespace conclave::http {

void ChunkGuard::data(std::size_t size) {
  data_left_ -= size < data_left_ ? size : data_left_;
  after_data_ = data_left_ == 0;
  bytes_ = 0;
}

bool ChunkGuard::say(std::string_view wrong) {
  wrong_ = wrong;
  return false;
}

bool ChunkGuard::framing(std::string_view bytes) {
  for (const char c : bytes) {
    if (++bytes_ > bytes_max_) return say("chunk extensions or trailers are too long");
    if (after_return_ != (c == '\n')) return say("a line of the chunked body does not end with CR LF");
    if (after_data_ && c != '\r' && c != '\n') return say("a chunk's data is longer than its size says");
    if (c == '\n') after_data_ = false;
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (control && c != '\r' && c != '\n' && c != '\t') return say("a line of the chunked body has control characters");
    after_return_ = c == '\r';
  }
  return true;
}

void ChunkGuard::clear() { *this = ChunkGuard(bytes_max_); }

}  // namespace conclave::http
