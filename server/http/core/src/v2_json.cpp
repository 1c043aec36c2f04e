#include <algorithm>
#include <array>
#include <chrono>
#include <span>

#include "conclave/gateway_core/json_writer.hpp"
#include "conclave/gateway_core/v2_stats.hpp"
#include "conclave/gateway_core/v2_tree.hpp"

namespace conclave::gateway::v2 {
namespace {

/// Digits with zeros before them.
std::string padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

std::int64_t seconds_left(std::int64_t expires_ms, std::int64_t now_ms) {
  const std::int64_t left = expires_ms - now_ms;
  return left > 0 ? (left + 999) / 1000 : left / 1000;
}

/// The fields of a node before and after its children.
void write_front(JsonWriter& json, const Node& node, bool with_value, std::int64_t now_ms) {
  if (node.path != "/") json.text("key", node.path);
  if (with_value && !node.dir) json.text("value", node.value);
  json.boolean("dir", node.dir);
  if (!node.expires_ms) return;
  json.text("expiration", time_text(*node.expires_ms));
  const std::int64_t left = seconds_left(*node.expires_ms, now_ms);
  if (left != 0) json.signed_number("ttl", left);
}

void write_back(JsonWriter& json, const Node& node) {
  if (node.modified != 0) json.number("modifiedIndex", node.modified);
  if (node.created != 0) json.number("createdIndex", node.created);
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? std::string_view("/") : path.substr(0, slash);
}

/// What lies below a directory, out of nodes in the order of their paths.
std::span<const Node> part_below(std::span<const Node> nodes, const std::string& dir) {
  const auto first = std::ranges::lower_bound(nodes, dir + "/", {}, &Node::path);
  const auto last = std::ranges::lower_bound(first, nodes.end(), dir + static_cast<char>('/' + 1), {}, &Node::path);
  return {first, last};
}

/// The children of one directory out of everything below it.
void write_children(JsonWriter& json, std::string_view dir, std::span<const Node> all, bool recursive, std::int64_t now_ms) {
  bool any = false;
  for (const Node& node : all) {
    const std::string_view path = node.path;
    if (parent_of(path) != dir || path[path.rfind('/') + 1] == '_') continue;
    if (!any) json.begin_array("nodes");
    any = true;
    json.begin_object();
    write_front(json, node, true, now_ms);
    if (node.dir && recursive) write_children(json, path, part_below(all, node.path), true, now_ms);
    write_back(json, node);
    json.end_object();
  }
  if (any) json.end_array();
}

bool shows_value(Action action) {
  return action != Action::erase && action != Action::compare_and_delete && action != Action::expire;
}

}  // namespace

std::string time_text(std::int64_t since_1970_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(since_1970_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<milliseconds>(time - day));
  std::string out = padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
                    padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(clock.hours().count(), 2) + ":" +
                    padded(clock.minutes().count(), 2) + ":" + padded(clock.seconds().count(), 2);
  std::string fraction = padded(clock.subseconds().count(), 3);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return out + (fraction.empty() ? "" : "." + fraction) + "Z";
}

std::string_view name_of(Action action) {
  constexpr std::array<std::string_view, 8> names{
      "get", "set", "create", "update", "delete", "compareAndSwap", "compareAndDelete", "expire"};
  return names[static_cast<std::size_t>(action)];
}

Event settled(Event event, std::uint64_t index) {
  if (event.node.created == 0) event.node.created = index;
  if (event.node.modified == 0) event.node.modified = index;
  return event;
}

std::string event_json(const Event& event, std::int64_t now_ms) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text("action", name_of(event.action));
  json.begin_object("node");
  write_front(json, event.node, shows_value(event.action), now_ms);
  write_back(json, event.node);
  json.end_object();
  if (event.prev) {
    json.begin_object("prevNode");
    write_front(json, *event.prev, true, now_ms);
    write_back(json, *event.prev);
    json.end_object();
  }
  json.end_object();
  return out + "\n";
}

unsigned http_status(const Event& event) {
  const bool created = event.action == Action::create || (event.action == Action::set && !event.prev);
  return created ? 201 : 200;
}

std::string listing_json(const Listing& listing, bool recursive, std::int64_t now_ms) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text("action", "get");
  json.begin_object("node");
  write_front(json, listing.node, true, now_ms);
  if (listing.node.dir) write_children(json, listing.node.path, listing.below, recursive, now_ms);
  write_back(json, listing.node);
  json.end_object();
  json.end_object();
  return out + "\n";
}

}  // namespace conclave::gateway::v2
