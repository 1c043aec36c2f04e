#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "conclave/http_core/message.hpp"

/// The FleetLock protocol as values: requests read, answers put into words.
namespace conclave::locksmith::fleetlock {

/// Whom a request is for.
struct ClientParams {
  std::string id;
  std::string group;
};

/// {"client_params": {"id": ..., "group": ...}}. Other fields are passed over, so that later clients are served too; a group that
/// is not named is "default". A refusal says what is wrong.
[[nodiscard]] std::variant<ClientParams, http::Refusal> parse_request(std::string_view body);

/// ^[a-zA-Z0-9.-]+$, and at most 128 of them.
[[nodiscard]] bool is_group(std::string_view text);

/// {"kind": ..., "value": ...}
[[nodiscard]] std::string error_body(const http::Refusal& refusal);

/// What a slot says about who took it: "fleetlock", or "fleetlock:NAME" with the name in a certificate.
[[nodiscard]] std::string taker(std::string_view common_name);
/// Whether who is called `taker` may have or give back a slot that was taken by `by`: what was taken with a certificate only
/// belongs to that certificate's name.
[[nodiscard]] bool may_touch(std::string_view taker, std::string_view by);

}  // namespace conclave::locksmith::fleetlock
