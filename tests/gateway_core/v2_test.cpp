#include <map>

#include "conclave/base/prng.hpp"
#include "conclave/gateway_core/v2_tree.hpp"
#include "conclave/mvcc/machine.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::gateway;
using v2::Method;

namespace {

constexpr std::int64_t now_ms = 1'700'000'000'000;

/// What a client sees of an answer: a failure, or an event.
struct Seen {
  unsigned code = 0;
  std::string cause;
  std::string action;
  v2::Node node;
  std::optional<v2::Node> prev;
  bool operator==(const Seen&) const = default;
};

std::string described(const Seen& seen) {
  const auto node = [](const v2::Node& n) {
    return n.path + (n.dir ? " dir" : " '" + n.value + "'") + " c" + std::to_string(n.created) + " m" + std::to_string(n.modified) +
           (n.expires_ms ? " ttl" : "");
  };
  if (seen.code != 0) return std::to_string(seen.code) + " " + seen.cause;
  return seen.action + " " + node(seen.node) + (seen.prev ? " | " + node(*seen.prev) : "");
}

/// The real thing, over the state machine itself.
class Store {
 public:
  Seen run(const v2::Request& request) {
    const auto decided = v2::decide(request, snapshot(request.path));
    if (const auto* failure = std::get_if<v2::Failure>(&decided)) return {failure->code, failure->cause, {}, {}, {}};
    return commit(std::get<v2::Change>(decided)).value();
  }

  v2::Snapshot snapshot(const std::string& path) const {
    v2::Snapshot out{machine_.revision().value(), now_ms, {}, false};
    for (const std::string& at : v2::paths_to(path)) out.nodes.push_back(node(at));
    const auto [begin, end] = v2::below(path);
    mvcc::RangeOp range;
    range.keys = {mvcc::KeySelector::Kind::range, begin, end};
    range.count_only = true;
    out.has_children = machine_.range(range)->count != 0;
    return out;
  }

  /// Nothing if the tree has changed since.
  std::optional<Seen> commit(const v2::Change& change) {
    Keep keep;
    mvcc::Command command;
    command.body = mvcc::Op{v2::transaction(change, keep)};
    index_ = index_.next();
    const auto applied = machine_.apply(index_, Term(1), {machine_.meta().machine_version, {}, {&command, 1}});
    const auto& txn = std::get<mvcc::TxnResult>(applied.responses.front().body);
    if (!txn.succeeded) return std::nullopt;
    const v2::Event event = v2::settled(change.event, machine_.revision().value());
    const auto stored = v2::decode_event(machine_.get(v2::event_key())->value(), machine_.revision().value());
    REQUIRE(stored.has_value());
    CHECK(v2::event_json(*stored, now_ms) == v2::event_json(event, now_ms));
    return seen(event);
  }

  std::optional<v2::Node> node(const std::string& path) const {
    const auto kv = machine_.get(v2::node_key(path));
    return kv == nullptr ? std::nullopt : v2::decode_node(path, kv->value(), kv->mod_revision().value());
  }
  std::uint64_t index() const { return machine_.revision().value(); }

  v2::Listing listing(const std::string& path) const {
    const auto [begin, end] = v2::below(path);
    mvcc::RangeOp range;
    range.keys = {mvcc::KeySelector::Kind::range, begin, end};
    v2::Listing out{path == "/" ? v2::Node{.path = "/", .dir = true, .value = {}} : *node(path), {}};
    const auto rows = machine_.range(range);
    for (const auto& kv : rows->kvs) {
      const auto key = std::string(kv->key().substr(v2::node_key("").size()));
      out.below.push_back(*v2::decode_node(key, kv->value(), kv->mod_revision().value()));
    }
    return out;
  }

 private:
  static Seen seen(v2::Event event) {
    event.node.revision = 0;
    if (event.prev) event.prev->revision = 0;
    return {0, {}, std::string(v2::name_of(event.action)), event.node, event.prev};
  }

  mvcc::Machine machine_;
  Index index_;
};

/// The rules of the tree once more, as simply as they can be said.
class Model {
 public:
  Seen run(const v2::Request& r) {
    if (r.method == Method::post) return make(r, r.path + (r.path == "/" ? "" : "/") + name(), "create", false);
    if (r.path == "/") return failed(107, "/");
    if (r.method == Method::erase) return erase(r);
    const bool must_be_there = r.prev_exist.value_or(false);
    if (r.prev_exist == false) return make(r, r.path, "create", false);
    if (r.has_condition()) return change(r, "compareAndSwap");
    if (must_be_there) return change(r, "update");
    if (r.refresh) {
      if (Seen lost = missing(r.path); lost.code != 0) return lost;
      v2::Request with_value = r;
      with_value.value = nodes_.at(r.path).value;
      return make(with_value, r.path, "set", true);
    }
    return make(r, r.path, "set", true);
  }
  std::uint64_t index = 0;

 private:
  std::string name() const {
    const std::string digits = std::to_string(index + 1);
    return std::string(20 - digits.size(), '0') + digits;
  }
  static Seen failed(unsigned code, std::string cause) { return {code, std::move(cause), {}, {}, {}}; }

  Seen missing(const std::string& path) const {
    for (const std::string& at : v2::paths_to(path)) {
      const auto found = nodes_.find(at);
      if (found == nodes_.end()) return failed(100, at);
      if (at != path && !found->second.dir) return failed(104, at);
    }
    return {};
  }
  std::optional<std::int64_t> expiry(const v2::Request& r) const {
    if (!r.ttl) return std::nullopt;
    return now_ms + static_cast<std::int64_t>(*r.ttl) * 1000;
  }

  Seen make(const v2::Request& r, const std::string& path, const std::string& action, bool replaces) {
    const auto paths = v2::paths_to(path);
    for (const std::string& at : paths)
      if (at != path && nodes_.contains(at) && !nodes_.at(at).dir) return failed(104, at);
    std::optional<v2::Node> prev;
    if (nodes_.contains(path)) {
      if (!replaces) return failed(105, path);
      if (nodes_.at(path).dir) return failed(102, path);
      prev = nodes_.at(path);
    }
    ++index;
    for (const std::string& at : paths)
      if (at != path && !nodes_.contains(at))
        nodes_[at] = {.path = at, .dir = true, .value = {}, .created = index, .modified = index};
    nodes_[path] = {
        .path = path, .dir = r.dir, .value = r.dir ? "" : r.value, .created = index, .modified = index, .expires_ms = expiry(r)};
    return {0, {}, action, nodes_[path], prev};
  }

  Seen change(const v2::Request& r, const std::string& action) {
    if (Seen lost = missing(r.path); lost.code != 0) return lost;
    v2::Node& node = nodes_.at(r.path);
    const bool compares = action == "compareAndSwap";
    if (node.dir && (compares || !r.value.empty())) return failed(102, r.path);
    if (std::string cause = compares ? unequal(r, node) : ""; !cause.empty()) return failed(101, cause);
    const v2::Node prev = node;
    ++index;
    if (!node.dir && !r.refresh) node.value = r.value;
    node.modified = index;
    node.expires_ms = expiry(r);
    return {0, {}, action, node, prev};
  }

  static std::string unequal(const v2::Request& r, const v2::Node& node) {
    std::string out;
    if (!r.prev_value.empty() && r.prev_value != node.value) out = "[" + r.prev_value + " != " + node.value + "]";
    if (r.prev_index != 0 && r.prev_index != node.modified)
      out += (out.empty() ? "[" : " [") + std::to_string(r.prev_index) + " != " + std::to_string(node.modified) + "]";
    return out;
  }

  Seen erase(const v2::Request& r) {
    if (Seen lost = missing(r.path); lost.code != 0) return lost;
    const v2::Node prev = nodes_.at(r.path);
    if (r.has_condition()) {
      if (prev.dir) return failed(102, r.path);
      if (std::string cause = unequal(r, prev); !cause.empty()) return failed(101, cause);
    }
    const auto first = nodes_.lower_bound(r.path + "/");
    const auto last = nodes_.lower_bound(r.path + "0");
    if (prev.dir && !r.dir && !r.recursive) return failed(102, r.path);
    if (prev.dir && first != last && !r.recursive) return failed(108, r.path);
    ++index;
    nodes_.erase(first, last);
    nodes_.erase(r.path);
    const v2::Node gone{.path = r.path, .dir = prev.dir, .value = {}, .created = prev.created, .modified = index};
    return {0, {}, r.has_condition() ? "compareAndDelete" : "delete", gone, prev};
  }

  std::map<std::string, v2::Node> nodes_;
};

v2::Request random_request(Prng& prng, std::uint64_t index) {
  const auto component = [&] { return "/" + std::string(1, "abc"[prng.below(3)]); };
  v2::Request r;
  r.path = "/";
  if (!prng.chance(1, 40)) {
    r.path.clear();
    for (std::uint64_t depth = 1 + prng.below(3); depth != 0; --depth) r.path += component();
  }
  const std::uint64_t kind = prng.below(10);
  r.method = kind < 6 ? Method::put : kind < 7 ? Method::post : Method::erase;
  if (prng.chance(3, 4)) r.value = std::string(1, "xyz"[prng.below(3)]);
  r.dir = prng.chance(1, 4);
  r.recursive = prng.chance(1, 4);
  if (prng.chance(1, 4)) r.ttl = prng.below(100);
  if (prng.chance(1, 3)) r.prev_exist = prng.chance(1, 2);
  if (prng.chance(1, 4)) r.prev_value = std::string(1, "xyz"[prng.below(3)]);
  if (prng.chance(1, 6)) r.prev_index = index - std::min<std::uint64_t>(index, prng.below(3));
  if (r.method == Method::put && prng.chance(1, 8)) {
    r.refresh = true;
    r.value.clear();
    r.ttl = 60;
  }
  return r;
}

v2::Request request(Method method, std::string path, v2::Parameters parameters = {}) {
  auto parsed = v2::parse(method, path, parameters);
  REQUIRE(std::holds_alternative<v2::Request>(parsed));
  return std::get<v2::Request>(parsed);
}

std::string failure(Method method, v2::Parameters parameters) {
  const auto parsed = v2::parse(method, "/k", parameters);
  REQUIRE(std::holds_alternative<v2::Failure>(parsed));
  const auto& failed = std::get<v2::Failure>(parsed);
  return std::to_string(failed.code) + " " + failed.cause;
}

}  // namespace

TEST_CASE("random operations on the tree answer as its rules say") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Prng prng(seed);
    Store store;
    Model model;
    for (int i = 0; i < 300; ++i) {
      const v2::Request r = random_request(prng, store.index());
      const Seen expected = model.run(r);
      const Seen got = store.run(r);
      INFO("seed " << seed << " step " << i << " path " << r.path);
      INFO("expected " << described(expected));
      INFO("got      " << described(got));
      REQUIRE(described(expected) == described(got));
      REQUIRE(store.index() == model.index);
    }
  }
}

TEST_CASE("a change that was decided on a tree that is another now is not made") {
  Store store;
  (void)store.run(request(Method::put, "/a/b", {{"value", "1"}}));
  const auto swap = request(Method::put, "/a/b", {{"value", "2"}, {"prevValue", "1"}});
  const auto decided = std::get<v2::Change>(v2::decide(swap, store.snapshot("/a/b")));
  const auto in_order = std::get<v2::Change>(v2::decide(request(Method::post, "/q"), store.snapshot("/q")));
  const auto empty = std::get<v2::Change>(v2::decide(request(Method::erase, "/d", {{"dir", "true"}}), [&] {
    (void)store.run(request(Method::put, "/d", {{"dir", "true"}}));
    return store.snapshot("/d");
  }()));
  (void)store.run(request(Method::put, "/a/b", {{"value", "3"}}));
  (void)store.run(request(Method::post, "/q"));
  (void)store.run(request(Method::put, "/d/child"));
  CHECK_FALSE(store.commit(decided).has_value());
  CHECK_FALSE(store.commit(in_order).has_value());
  CHECK_FALSE(store.commit(empty).has_value());
  CHECK(store.node("/a/b")->value == "3");
}

TEST_CASE("an expiry takes a directory with all below it, unless it was renewed") {
  Store store;
  (void)store.run(request(Method::put, "/d", {{"dir", "true"}, {"ttl", "5"}}));
  (void)store.run(request(Method::put, "/d/k", {{"value", "1"}}));
  const auto due = v2::expiry_of(*store.node("/d"), store.snapshot("/d"));
  (void)store.run(request(Method::put, "/d", {{"dir", "true"}, {"ttl", "9"}, {"prevExist", "true"}}));
  CHECK_FALSE(store.commit(due).has_value());
  const auto seen = store.commit(v2::expiry_of(*store.node("/d"), store.snapshot("/d")));
  REQUIRE(seen.has_value());
  CHECK(seen->action == "expire");
  CHECK_FALSE(store.node("/d/k").has_value());
}

TEST_CASE("parameters that are wrong are told in the order in which etcd looks at them") {
  CHECK(failure(Method::put, {{"prevIndex", "x"}, {"recursive", "x"}}) == "203 invalid value for \"prevIndex\"");
  CHECK(failure(Method::get, {{"waitIndex", "-1"}}) == "203 invalid value for \"waitIndex\"");
  CHECK(failure(Method::get, {{"recursive", ""}}) == "209 invalid value for \"recursive\"");
  CHECK(failure(Method::put, {{"wait", "true"}}) == "209 \"wait\" can only be used with GET requests");
  CHECK(failure(Method::put, {{"prevValue", ""}}) == "201 \"prevValue\" cannot be empty");
  CHECK(failure(Method::put, {{"ttl", "1.5"}}) == "202 invalid value for \"ttl\"");
  CHECK(failure(Method::put, {{"prevExist", "maybe"}}) == "209 invalid value for prevExist");
  CHECK(failure(Method::put, {{"refresh", "true"}, {"value", "x"}, {"ttl", "1"}}) == "211 A value was provided on a refresh");
  CHECK(failure(Method::put, {{"refresh", "true"}}) == "212 No TTL value set");
  CHECK_FALSE(request(Method::put, "/k", {{"ttl", ""}}).ttl.has_value());
  CHECK(v2::failure_body({100, "/k", 7}) == R"({"errorCode":100,"message":"Key not found","cause":"/k","index":7})"
                                            "\n");
}

TEST_CASE("a path that is deeper than a transaction can be is refused before its nodes are looked at") {
  std::string path;
  for (std::size_t i = 0; i < v2::depth_max; ++i) path += "/a";
  CHECK(std::holds_alternative<v2::Request>(v2::parse(Method::get, path, {})));
  const auto deeper = v2::parse(Method::get, path + "/a", {});
  REQUIRE(std::holds_alternative<v2::Failure>(deeper));
  CHECK(std::get<v2::Failure>(deeper).code == 209);
}

TEST_CASE("paths are cleaned") {
  CHECK(v2::clean_path("") == "/");
  CHECK(v2::clean_path("a//b/./c/../d/") == "/a/b/d");
  CHECK(v2::clean_path("/../..") == "/");
  CHECK(v2::paths_to("/").empty());
  CHECK(v2::paths_to("/a/b") == std::vector<std::string>{"/a", "/a/b"});
}

TEST_CASE("a listing shows one level, or all, without what is hidden") {
  Store store;
  (void)store.run(request(Method::put, "/a/b/c", {{"value", "1"}}));
  (void)store.run(request(Method::put, "/a/_h", {{"value", "2"}}));
  (void)store.run(request(Method::put, "/a-b", {{"value", "3"}}));
  CHECK(v2::listing_json(store.listing("/a"), false, now_ms) ==
        R"({"action":"get","node":{"key":"/a","dir":true,"nodes":[{"key":"/a/b","dir":true,"modifiedIndex":1,"createdIndex":1}],)"
        R"("modifiedIndex":1,"createdIndex":1}})"
        "\n");
  CHECK(v2::listing_json(store.listing("/"), true, now_ms) ==
        R"({"action":"get","node":{"dir":true,"nodes":[{"key":"/a","dir":true,"nodes":[{"key":"/a/b","dir":true,"nodes":[)"
        R"({"key":"/a/b/c","value":"1","modifiedIndex":1,"createdIndex":1}],"modifiedIndex":1,"createdIndex":1}],)"
        R"("modifiedIndex":1,"createdIndex":1},{"key":"/a-b","value":"3","modifiedIndex":3,"createdIndex":3}]}})"
        "\n");
}

TEST_CASE("what is left of a TTL is rounded up") {
  v2::Event event{v2::Action::set, {.path = "/k", .value = "x", .created = 3, .modified = 3, .expires_ms = now_ms + 4001}};
  CHECK(
      v2::event_json(event, now_ms) ==
      R"({"action":"set","node":{"key":"/k","value":"x","expiration":"2023-11-14T22:13:24.001Z","ttl":5,"modifiedIndex":3,"createdIndex":3}})"
      "\n");
}

TEST_CASE("who waits hears of what concerns it") {
  const auto hears = [](v2::Action action, const std::string& changed, bool dir, const std::string& at, bool recursive) {
    return v2::concerns({action, {.path = changed, .dir = dir, .value = {}}}, at, recursive);
  };
  using v2::Action;
  CHECK(hears(Action::set, "/a/b", false, "/a/b", false));
  CHECK_FALSE(hears(Action::set, "/a/b", false, "/a", false));
  CHECK(hears(Action::set, "/a/b", false, "/a", true));
  CHECK(hears(Action::set, "/a/b", false, "/", true));
  CHECK_FALSE(hears(Action::set, "/ab", false, "/a", true));
  CHECK_FALSE(hears(Action::set, "/a/_b/c", false, "/a", true));
  CHECK(hears(Action::set, "/a/_b/c", false, "/a/_b", true));
  CHECK(hears(Action::erase, "/a", true, "/a/b", false));
  CHECK_FALSE(hears(Action::erase, "/foo", true, "/foobar", false));
  CHECK_FALSE(hears(Action::set, "/a", true, "/a/b", false));
}

TEST_CASE("bytes that a stranger wrote where nodes are kept are no nodes") {
  Prng prng(4);
  const std::string good = v2::encode_node({.path = "/k", .value = "value", .expires_ms = 5});
  const std::string event =
      v2::encode_event({v2::Action::set, {.path = "/k", .value = "value"}, v2::Node{.path = "/k", .value = "v"}});
  for (std::size_t size = 0; size < good.size() && size < 26; ++size)
    CHECK_FALSE(v2::decode_node("/k", good.substr(0, size), 1).has_value());
  for (int i = 0; i < 5000; ++i) {
    std::string damaged = event;
    damaged[prng.below(damaged.size())] = static_cast<char>(prng.below(256));
    damaged.resize(prng.below(damaged.size() + 1));
    (void)v2::decode_event(damaged, 1);
  }
}
