#pragma once

#include <string_view>
#include <vector>

#include "conclave/http/exchange.hpp"
#include "conclave/http_core/routes.hpp"

namespace conclave::http {

/// Hands each request to the handler of its method and path (see RouteTable for patterns); 404 and 405 with Allow for the rest.
class Router {
 public:
  void add(std::string_view method, std::string_view pattern, Handler handler);
  /// From here on, what is added is `wrap(handler)`.
  void wrap_further(std::function<Handler(Handler)> wrap) { wrap_ = std::move(wrap); }
  /// Named parts of the path are in request().parts.
  void operator()(const ExchangePtr& exchange) const;

 private:
  RouteTable table_;
  std::vector<Handler> handlers_;
  std::function<Handler(Handler)> wrap_;
};

}  // namespace conclave::http
