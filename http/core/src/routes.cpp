#include "conclave/http_core/routes.hpp"

#include <algorithm>

#include "conclave/base/assert.hpp"

namespace conclave::http {
namespace {

/// "/a/b" -> a, b; "/" -> nothing; "/a/" -> a and an empty part.
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (path.empty()) return parts;
  while (true) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

bool is_named(std::string_view part) { return part.size() > 2 && part.front() == '{' && part.back() == '}'; }
std::string_view name_in(std::string_view part) { return part.substr(1, part.size() - 2); }

std::string join(const std::vector<std::string_view>& parts, std::size_t from) {
  std::string joined;
  for (std::size_t i = from; i < parts.size(); ++i) joined.append(i == from ? "" : "/").append(parts[i]);
  return joined;
}

void note(std::vector<std::string_view>& methods, std::string_view method) {
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
}

std::string list(const std::vector<std::string_view>& methods) {
  std::string text;
  for (const std::string_view method : methods) text.append(text.empty() ? "" : ", ").append(method);
  return text;
}

}  // namespace

std::size_t RouteTable::add(std::string_view method, std::string_view pattern) {
  CONCLAVE_ASSERT(pattern.starts_with('/'));
  Route route;
  route.method = method;
  for (const std::string_view part : split(pattern)) {
    CONCLAVE_ASSERT_MSG(!route.has_rest, "nothing follows a rest");
    if (is_named(part) && part[part.size() - 2] == '*') {
      route.has_rest = true;
      route.rest = part.substr(1, part.size() - 3);
    } else {
      route.parts.emplace_back(part);
    }
  }
  routes_.push_back(std::move(route));
  return routes_.size() - 1;
}

bool RouteTable::fits(const Route& route, const std::vector<std::string_view>& path, Parameters& named) {
  if (path.size() < route.parts.size() || (path.size() > route.parts.size() && !route.has_rest)) return false;
  for (std::size_t i = 0; i < route.parts.size(); ++i) {
    if (is_named(route.parts[i])) {
      if (path[i].empty()) return false;
      named.add(std::string(name_in(route.parts[i])), std::string(path[i]));
    } else if (route.parts[i] != path[i]) {
      return false;
    }
  }
  if (route.has_rest) named.add(route.rest, join(path, route.parts.size()));
  return true;
}

bool RouteTable::before(const Route& a, const Route& b) {
  for (std::size_t i = 0; i < std::min(a.parts.size(), b.parts.size()); ++i) {
    if (is_named(a.parts[i]) != is_named(b.parts[i])) return is_named(b.parts[i]);
  }
  if (a.has_rest != b.has_rest) return b.has_rest;
  return a.parts.size() > b.parts.size();
}

RouteTable::Match RouteTable::match(std::string_view method, std::string_view path) const {
  const std::vector<std::string_view> parts = split(path);
  Match best;
  std::vector<std::string_view> allowed;
  bool best_is_get_for_head = false;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const Route& route = routes_[i];
    Parameters named;
    if (!fits(route, parts, named)) continue;
    note(allowed, route.method);
    if (route.method == "GET") note(allowed, "HEAD");
    const bool get_for_head = method == "HEAD" && route.method == "GET";
    if (route.method != method && route.method != "*" && !get_for_head) continue;
    const bool better = best.outcome != Outcome::found || before(route, routes_[best.route]) ||
                        (best_is_get_for_head && !get_for_head && !before(routes_[best.route], route));
    if (!better) continue;
    best.outcome = Outcome::found;
    best.route = i;
    best.parts = std::move(named);
    best_is_get_for_head = get_for_head;
  }
  if (best.outcome == Outcome::found || allowed.empty()) return best;
  best.outcome = Outcome::wrong_method;
  best.allow = list(allowed);
  return best;
}

}  // namespace conclave::http
