#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conclave/http_core/message.hpp"
#include "conclave/raft/types.hpp"

namespace conclave::dashboard {

/// "http://HOST:PORT" of each member that serves HTTP. An address that could be more than that in a header is left out.
[[nodiscard]] std::vector<std::string> origins_of(const raft::Membership& membership, bool tls);

/// The headers under which a page and its files are given: nothing but these files runs in it, and it talks to its own member and
/// the members named here alone.
[[nodiscard]] http::Fields page_fields(const std::vector<std::string>& members);

/// What lets the page of `origin` read an answer; empty if it may not.
[[nodiscard]] http::Fields reader_fields(std::string_view origin, const std::vector<std::string>& members,
                                         const std::vector<std::string>& cors);

}  // namespace conclave::dashboard
