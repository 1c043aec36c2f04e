#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conclave/scheduler_api/trouble.hpp"

namespace conclave::scheduler::api {

/// By which names the interface may be called, and which foreign pages may call it.
struct Doors {
  std::vector<std::string> hosts;    ///< beside addresses and localhost; "*": any
  std::vector<std::string> origins;  ///< "https://wiki.example.org"
};

/// Whoever can call the interface can run commands, and any web page can make a browser call it. So a browser is let in only with
/// the interface's own page, and only by a name that is known: a page whose own name was made to lead here has another one.
/// Programs send none of the headers by which this is told and are let in.
[[nodiscard]] std::optional<Trouble> refuse_stranger(const http::RequestHead& head, const Doors& doors);
/// The rule for the name alone.
[[nodiscard]] std::optional<Trouble> refuse_host(const http::RequestHead& head, const Doors& doors);

}  // namespace conclave::scheduler::api
