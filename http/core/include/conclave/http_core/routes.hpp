#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/http_core/message.hpp"

namespace conclave::http {

/// Which handler answers which method and path. A pattern is a path whose parts may be names: "/v2/members/{id}" takes one part,
/// "/v2/keys/{key*}" takes everything that is left, also nothing and also slashes ("/v2/keys" too). Exact parts go before named
/// ones, and those before a rest.
class RouteTable {
 public:
  enum class Outcome { found, no_such_path, wrong_method };
  struct Match {
    Outcome outcome = Outcome::no_such_path;
    std::size_t route = 0;  ///< what add() returned
    Parameters parts;       ///< the named parts of the path
    std::string allow;      ///< for wrong_method: "GET, HEAD, POST"
  };

  /// Routes are numbered from 0 in the order of their adding. `method` "*" takes every method. HEAD goes where GET goes, if nobody
  /// else takes it.
  std::size_t add(std::string_view method, std::string_view pattern);
  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> parts;
    std::string rest;  // name of the rest; empty: none
    bool has_rest = false;
  };
  [[nodiscard]] static bool fits(const Route& route, const std::vector<std::string_view>& path, Parameters& named);
  [[nodiscard]] static bool before(const Route& a, const Route& b);

  std::vector<Route> routes_;
};

}  // namespace conclave::http
