#include "errors.hpp"

#include <algorithm>
#include <cstring>

namespace conclave::c {
namespace {

static_assert(CONCLAVE_INTERNAL == static_cast<int>(Errc::internal));
static_assert(CONCLAVE_DEADLINE_EXCEEDED == static_cast<int>(Errc::deadline_exceeded));
static_assert(CONCLAVE_FENCED == static_cast<int>(Errc::fenced));
static_assert(CONCLAVE_TIMEOUT == static_cast<int>(Errc::timeout));
static_assert(sizeof(conclave_error) == 256, "part of the binary interface");

conclave_certainty certainty_of(Errc code) {
  if (code == would_deadlock || code == no_memory || code == held) return CONCLAVE_DEFINITE;
  return certainty(code) == Certainty::definite ? CONCLAVE_DEFINITE : CONCLAVE_UNKNOWN;
}

/// As much of the text as there is room for, never half a UTF-8 character.
void copy_text(conclave_error& to, std::string_view name, std::string_view context) noexcept {
  constexpr std::size_t room = sizeof to.message - 1;
  std::size_t used = 0;
  for (const std::string_view part : {name, std::string_view(context.empty() ? "" : ": "), context}) {
    std::size_t count = std::min(part.size(), room - used);
    while (count > 0 && count < part.size() && (static_cast<unsigned char>(part[count]) & 0xC0U) == 0x80U) --count;
    std::memcpy(to.message + used, part.data(), count);
    used += count;
    if (count < part.size()) break;
  }
  to.message[used] = '\0';
}

}  // namespace

conclave_code report(conclave_error* to, const Error& error) noexcept {
  const auto code = static_cast<conclave_code>(error.code);
  if (to == nullptr) return code;
  to->code = code;
  to->certainty = certainty_of(error.code);
  copy_text(*to, conclave_code_text(code), error.context);
  return code;
}

conclave_code report_success(conclave_error* to) noexcept {
  if (to != nullptr) {
    to->code = CONCLAVE_OK;
    to->certainty = CONCLAVE_DEFINITE;
    to->message[0] = '\0';
  }
  return CONCLAVE_OK;
}

}  // namespace conclave::c

extern "C" {

const char* conclave_code_text(conclave_code code) {
  if (code == CONCLAVE_OK) return "ok";
  if (code == CONCLAVE_WOULD_DEADLOCK) return "would wait for itself";
  if (code == CONCLAVE_NO_MEMORY) return "no memory";
  if (code == CONCLAVE_HELD) return "held";
  return conclave::name_of(static_cast<conclave::Errc>(code)).data();  // literals, which end with a zero
}

conclave_certainty conclave_code_certainty(conclave_code code) {
  return code == CONCLAVE_OK ? CONCLAVE_DEFINITE : conclave::c::certainty_of(static_cast<conclave::Errc>(code));
}

}  // extern "C"
