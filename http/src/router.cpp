#include "conclave/http/router.hpp"

namespace conclave::http {

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  table_.add(method, pattern);
  handlers_.push_back(wrap_ ? wrap_(std::move(handler)) : std::move(handler));
}

void Router::operator()(const ExchangePtr& exchange) const {
  Request& request = exchange->request();
  RouteTable::Match match = table_.match(request.head.method, request.head.path);
  switch (match.outcome) {
    case RouteTable::Outcome::found: request.parts = std::move(match.parts); return handlers_[match.route](exchange);
    case RouteTable::Outcome::no_such_path: return exchange->refuse({404, "not_found", "there is nothing at " + request.head.path});
    case RouteTable::Outcome::wrong_method:
      return exchange->refuse({405, "wrong_method", request.head.path + " takes " + match.allow + ", not " + request.head.method},
                              {{"Allow", match.allow}});
  }
}

}  // namespace conclave::http
