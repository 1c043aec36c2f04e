#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "conclave/http_core/message.hpp"

namespace conclave::http {

/// From whose web page a browser sends a request.
enum class Page : std::uint8_t {
  none,   ///< of nobody: a program, or an address that was typed
  own,    ///< one that came from the address the request goes to
  other,  ///< any other: it could send this without its reader knowing
};

/// What Origin, Sec-Fetch-Site and Host say. Programs that are no browsers send neither of the first two.
[[nodiscard]] Page page_of(const RequestHead& head);

/// Whether the list of origins, in which "*" is every one, has this one.
[[nodiscard]] bool is_listed(std::span<const std::string> origins, std::string_view origin);

/// The request may change something, by its method.
[[nodiscard]] bool may_change(std::string_view method);

}  // namespace conclave::http
