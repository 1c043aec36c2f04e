#include "conclave/dashboard/dashboard.hpp"

#include <algorithm>

#include "files.hpp"
#include "origins.hpp"
#include "state.hpp"

namespace conclave::dashboard {
namespace {

using http::ExchangePtr;

std::vector<std::string> origins(const Sources& sources) { return origins_of(sources.engine.core().membership(), sources.tls); }

void give_file(const Sources& sources, const ExchangePtr& exchange, std::string_view name) {
  const auto all = files();
  const auto file = std::ranges::find(all, name, &File::name);
  if (file == all.end()) return exchange->refuse({404, "not_found", "the dashboard has no file " + std::string(name)});
  exchange->reply({200, std::string(file->text), std::string(file->content_type), page_fields(origins(sources))});
}

void give_state(const Sources& sources, const ExchangePtr& exchange) {
  const std::string_view origin = exchange->request().head.fields.get("Origin");
  http::Fields fields = reader_fields(origin, origins(sources), sources.cors);
  fields.set("Cache-Control", "no-store");
  fields.set("X-Content-Type-Options", "nosniff");
  exchange->reply({200, state_of(sources), "application/json", std::move(fields)});
}

}  // namespace

void add_dashboard(http::Router& router, Sources sources) {
  router.add("GET", "/ui", [sources](const ExchangePtr& exchange) { give_file(sources, exchange, "index.html"); });
  // The page names its files from where it lies.
  router.add("GET", "/ui/", [](const ExchangePtr& exchange) { exchange->reply({308, "", "", {{"Location", "../ui"}}}); });
  router.add("GET", "/ui/{file}",
             [sources](const ExchangePtr& exchange) { give_file(sources, exchange, exchange->request().parts.get("file")); });
  router.add("GET", "/ui/state", [sources](const ExchangePtr& exchange) { give_state(sources, exchange); });
}

}  // namespace conclave::dashboard
