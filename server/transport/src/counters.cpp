#include "conclave/transport/counters.hpp"

namespace conclave::transport {

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::tls_failed: return "tls_failed";
    case Refusal::plain_on_tls: return "plain_on_tls";
    case Refusal::tls_on_plain: return "tls_on_plain";
    case Refusal::handshake_timeout: return "handshake_timeout";
    case Refusal::malformed: return "malformed";
    case Refusal::too_large: return "too_large";
    case Refusal::cut_frame: return "cut_frame";
    case Refusal::wrong_cluster: return "wrong_cluster";
    case Refusal::wrong_member: return "wrong_member";
    case Refusal::version_mismatch: return "version_mismatch";
    case Refusal::too_many: return "too_many";
    case Refusal::slow: return "slow";
    case Refusal::silent: return "silent";
  }
  return "refused";
}

}  // namespace conclave::transport
