#include "core/trace.hpp"

namespace conclave::sim {

std::uint64_t mix(std::uint64_t hash, std::string_view bytes) {
  std::uint64_t word = 0;
  std::size_t filled = 0;
  for (const char c : bytes) {
    word = (word << 8) | static_cast<unsigned char>(c);
    if (++filled % 8 == 0) hash = mix(hash, word);
  }
  return mix(mix(hash, word), bytes.size());
}

void Trace::note(std::string_view what, std::initializer_list<std::uint64_t> numbers) {
  hash_ = mix(hash_, what);
  std::string detail;
  for (const auto number : numbers) {
    hash_ = mix(hash_, number);
    if (wants_text()) detail += " " + std::to_string(number);
  }
  close(what, std::move(detail));
}

void Trace::note(std::string_view what, std::string_view bytes) {
  hash_ = mix(mix(hash_, what), bytes);
  close(what, wants_text() ? " " + std::string(bytes.substr(0, 400)) : std::string());
}

void Trace::close(std::string_view what, std::string&& detail) {
  if (wants_text()) texts_.push_back(std::string(what) + detail);
  hashes_.push_back(hash_);
}

}  // namespace conclave::sim
