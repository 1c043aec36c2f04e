#include "arguments.hpp"

namespace conclave::c {

void Arguments::refuse(Errc code, std::string why) {
  if (!error_) error_ = Error{code, std::move(why)};
}

std::string Arguments::bytes(conclave_bytes from, const char* name) {
  if (from.data == nullptr) {
    if (from.size != 0) refuse(Errc::invalid_argument, std::string(name) + " is NULL and has a size");
    return {};
  }
  return {static_cast<const char*>(from.data), from.size};
}

Keys Arguments::keys(const conclave_keys& from) {
  Keys to;
  to.kind = choice<Keys::Kind>(from.kind, CONCLAVE_KEYS_FROM, "an unknown kind of keys");
  to.begin = bytes(from.begin, "the key");
  if (to.kind == Keys::Kind::range) to.end = bytes(from.end, "the end of the range");
  return to;
}

Guard Arguments::guard(const conclave_guard* from) {
  require(from != nullptr, "the guard is NULL");
  if (from == nullptr) return {};
  const auto one = guards(from, 1);
  return one.empty() ? Guard{} : one.front();
}

std::vector<Guard> Arguments::guards(const conclave_guard* from, std::size_t size) {
  std::vector<Guard> to;
  require(from != nullptr || size == 0, "guards is NULL and has a size");
  for (std::size_t i = 0; from != nullptr && i < size; ++i)
    to.push_back({LeaseId(from[i].lease), bytes(from[i].key, "the key of a guard"), Revision(from[i].create_revision)});
  return to;
}

std::optional<std::chrono::milliseconds> Arguments::timeout(std::int64_t millis) {
  constexpr std::int64_t year = 366LL * 24 * 3600 * 1000;
  if (millis == CONCLAVE_DEFAULT_TIMEOUT) return std::nullopt;
  require(millis >= 0, "timeout_ms is negative");
  return std::chrono::milliseconds(std::clamp<std::int64_t>(millis, 0, year));
}

void Arguments::copy_options(void* to, std::size_t size, const void* from) {
  std::size_t given = 0;
  std::memcpy(&given, from, sizeof given);
  if (given < sizeof given) return refuse(Errc::invalid_argument, "struct_size of the options is not set");
  std::memcpy(to, from, std::min(size, given));
  const auto* bytes = static_cast<const unsigned char*>(from);
  for (std::size_t i = size; i < given; ++i)
    if (bytes[i] != 0) return refuse(Errc::unsupported, "an option that this version of the library does not know");
}

}  // namespace conclave::c
