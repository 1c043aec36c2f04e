#include "conclave/base/error.hpp"

namespace conclave {
namespace {

class Category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "conclave"; }
  [[nodiscard]] std::string message(int number) const override {
    return std::string(name_of(static_cast<Errc>(number)));
  }
};

}  // namespace

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return "invalid argument";
    case Errc::malformed: return "malformed";
    case Errc::too_large: return "too large";
    case Errc::unsupported: return "unsupported";
    case Errc::key_not_found: return "key not found";
    case Errc::fenced: return "fenced";
    case Errc::compacted: return "compacted";
    case Errc::future_revision: return "future revision";
    case Errc::lease_not_found: return "lease not found";
    case Errc::lease_exists: return "lease exists";
    case Errc::session_expired: return "session expired";
    case Errc::stale_sequence: return "stale sequence";
    case Errc::sequence_window: return "sequence beyond the window";
    case Errc::no_space: return "no space";
    case Errc::outcome_forgotten: return "outcome forgotten";
    case Errc::duplicate_key: return "duplicate key";
    case Errc::not_leader: return "not leader";
    case Errc::no_leader: return "no leader";
    case Errc::dropped: return "dropped";
    case Errc::overloaded: return "overloaded";
    case Errc::wrong_cluster: return "wrong cluster";
    case Errc::wrong_member: return "wrong member";
    case Errc::version_mismatch: return "version mismatch";
    case Errc::membership_busy: return "membership busy";
    case Errc::unauthenticated: return "unauthenticated";
    case Errc::permission_denied: return "permission denied";
    case Errc::timeout: return "timeout";
    case Errc::connection_lost: return "connection lost";
    case Errc::unknown_outcome: return "unknown outcome";
    case Errc::not_sent: return "not sent";
    case Errc::cancelled: return "cancelled";
    case Errc::shutting_down: return "shutting down";
    case Errc::corruption: return "corruption";
    case Errc::io_error: return "io error";
    case Errc::already_exists: return "already exists";
    case Errc::internal: return "internal error";
    case Errc::deadline_exceeded: return "deadline exceeded";
  }
  return "error";
}

Errc errc_from_wire(std::uint16_t number) {
  const auto code = static_cast<Errc>(number);
  return name_of(code) == "error" ? Errc::internal : code;
}

std::string Error::message() const {
  std::string text(name_of(code));
  if (!context.empty()) text.append(": ").append(context);
  return text;
}

const std::error_category& error_category() {
  static const Category category;
  return category;
}

}  // namespace conclave
