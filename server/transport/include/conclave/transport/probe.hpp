#pragma once

#include <span>
#include <string>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"
#include "conclave/transport/config.hpp"

namespace conclave::transport {

/// A member whose peers are asked.
struct ProbeTarget {
  MemberId id;
  std::string name;
  std::string peer_address;
};

/// Asks the other members, before a member with an empty data directory starts for the first time, whether they know it: a member
/// that has lost its directory has forgotten its votes and acknowledgements and must not come back under its old name.
/// Errc::wrong_member if a peer has recorded a data directory for `config.self`. Peers that do not answer within `patience` say
/// nothing: at the first start of a cluster nobody answers. Blocks; call before anything runs.
[[nodiscard]] Result<void> ask_peers(const Config& config, std::span<const ProbeTarget> peers, Duration patience, LogSink& log);

}  // namespace conclave::transport
