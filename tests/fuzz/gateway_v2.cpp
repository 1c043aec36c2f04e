// Requests of the v2 keys API: a line "METHOD PATH?QUERY", then a form. What is read is decided on a small tree, and what comes of
// it can be shown and stored.
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "conclave/gateway_core/v2_tree.hpp"
#include "conclave/http_core/target.hpp"
#include "fuzz.hpp"

using namespace conclave;
using namespace conclave::gateway;
using fuzz::demand;

namespace {

constexpr std::int64_t now_ms = 1'790'000'000'000;

std::string_view cut(std::string_view& text, char end) {
  const auto at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

v2::Method method_of(std::string_view word) {
  constexpr std::array<std::string_view, 5> words = {"GET", "HEAD", "PUT", "POST", "DELETE"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (word == words[i]) return static_cast<v2::Method>(i);
  }
  return v2::Method::put;
}

bool add(v2::Parameters& to, std::string_view text) {
  const auto parsed = http::parse_parameters(text);
  if (!parsed.has_value()) return false;
  for (const http::Field& field : parsed->all()) to.emplace_back(field.name, field.value);
  return true;
}

/// The last node is there, the ones before it are directories: with `kind` of what the node is.
v2::Snapshot tree_for(const std::string& path, unsigned kind) {
  v2::Snapshot tree{.revision = 100, .now_ms = now_ms, .nodes = {}, .has_children = kind == 2};
  for (const std::string& each : v2::paths_to(path)) {
    tree.nodes.emplace_back(v2::Node{.path = each, .dir = true, .value = {}, .created = 7, .modified = 9, .revision = 9});
  }
  if (tree.nodes.empty()) return tree;
  if (kind == 0) tree.nodes.back().reset();
  if (kind == 1) tree.nodes.back()->dir = false;
  if (kind == 1) tree.nodes.back()->expires_ms = now_ms + 5000;
  return tree;
}

bool is_json(const std::string& text) { return nlohmann::json::accept(text); }

void carry_out(const v2::Request& request) {
  for (const unsigned kind : {0U, 1U, 2U}) {
    const v2::Snapshot tree = tree_for(request.path, kind);
    if (request.method == v2::Method::get || request.method == v2::Method::head) {
      const auto found = v2::find(request, tree);
      if (const auto* node = std::get_if<v2::Node>(&found)) demand(is_json(v2::listing_json({*node, {}}, true, now_ms)), "JSON");
      continue;
    }
    const auto decided = v2::decide(request, tree);
    if (const auto* failure = std::get_if<v2::Failure>(&decided)) {
      demand(is_json(v2::failure_body(*failure)) && v2::http_status(failure->code) >= 400, "a failure can be told");
      continue;
    }
    const v2::Change& change = std::get<v2::Change>(decided);
    Keep keep;
    static_cast<void>(v2::transaction(change, keep));
    const v2::Event event = v2::settled(change.event, 101);
    demand(is_json(v2::event_json(event, now_ms)), "an event can be told");
    const auto again = v2::decode_event(v2::encode_event(event), 101);
    demand(again.has_value(), "an event that was stored is read again");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  std::string_view line = cut(text, '\n');
  const v2::Method method = method_of(cut(line, ' '));
  const auto path = http::decode_percent(cut(line, '?'), false);
  v2::Parameters parameters;
  if (!path.has_value() || !add(parameters, text) || !add(parameters, line)) return 0;
  const auto parsed = v2::parse(method, *path, parameters);
  if (const auto* failure = std::get_if<v2::Failure>(&parsed)) {
    demand(is_json(v2::failure_body(*failure)), "a refusal can be told");
    return 0;
  }
  const v2::Request& request = std::get<v2::Request>(parsed);
  demand(request.path.starts_with('/') && v2::clean_path(request.path) == request.path, "a clean path");
  carry_out(request);
  return 0;
}
