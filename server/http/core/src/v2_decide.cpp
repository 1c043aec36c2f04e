#include "conclave/gateway_core/v2_tree.hpp"

namespace conclave::gateway::v2 {
namespace {

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string in_brackets(const std::string& wanted, const std::string& found) { return "[" + wanted + " != " + found + "]"; }

/// What does not compare equal, value before index; empty: everything does.
std::string mismatch(const Request& request, const Node& node) {
  std::string cause;
  if (!request.prev_value.empty() && request.prev_value != node.value) cause = in_brackets(request.prev_value, node.value);
  if (request.prev_index != 0 && request.prev_index != node.modified) {
    cause += cause.empty() ? "" : " ";
    cause += in_brackets(std::to_string(request.prev_index), std::to_string(node.modified));
  }
  return cause;
}

/// Decides one request; the first rule that it breaks is told.
class Decision {
 public:
  Decision(const Request& request, const Snapshot& snapshot)
      : request_(request), snapshot_(snapshot), paths_(paths_to(request.path)) {}

  [[nodiscard]] std::variant<Failure, Change> run() {
    if (request_.path == "/" && request_.method != Method::post) return failure(107, "/");
    if (request_.method == Method::post) return post();
    if (request_.method == Method::erase) return request_.has_condition() ? compare_and_delete() : erase();
    if (!request_.prev_exist.has_value()) return request_.has_condition() ? compare_and_swap() : set();
    if (!*request_.prev_exist) return create();
    return request_.has_condition() ? compare_and_swap() : update();
  }

 private:
  using Result = std::variant<Failure, Change>;
  [[nodiscard]] Failure failure(unsigned code, std::string cause) const { return {code, std::move(cause), snapshot_.revision}; }
  [[nodiscard]] const std::optional<Node>& node() const { return snapshot_.nodes.back(); }

  /// The way to the node (or, for a POST, with it): directories, made where they are missing.
  [[nodiscard]] std::optional<Failure> make_way(Change& change, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) {
      const auto& ancestor = snapshot_.nodes[i];
      change.guards.push_back({paths_[i], ancestor ? ancestor->revision : 0});
      if (ancestor && !ancestor->dir) return failure(104, paths_[i]);
      if (!ancestor) change.puts.push_back({.path = paths_[i], .dir = true, .value = {}});
    }
    return std::nullopt;
  }

  /// The way to a node that must be there.
  [[nodiscard]] std::optional<Failure> walk(Change& change) const {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const auto& found = snapshot_.nodes[i];
      if (!found) return failure(100, paths_[i]);
      const bool last = i + 1 == paths_.size();
      if (!last && !found->dir) return failure(104, paths_[i]);
      change.guards.push_back({paths_[i], found->revision});
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::int64_t> expiry() const {
    if (!request_.ttl) return std::nullopt;
    constexpr std::uint64_t seconds_max = 1'000'000'000;  // thirty years and more: never
    return snapshot_.now_ms + static_cast<std::int64_t>(std::min(*request_.ttl, seconds_max)) * 1000;
  }

  /// The node as it will be; its indexes are those of the change.
  [[nodiscard]] Node fresh(std::string path) const {
    return {.path = std::move(path), .dir = request_.dir, .value = request_.dir ? "" : request_.value, .expires_ms = expiry()};
  }

  Result put(Change change, Node target, Action action) const {
    change.event = {action, target, node(), request_.refresh};
    change.puts.push_back(std::move(target));
    return change;
  }

  Result set() const {
    Change change;
    Node target = fresh(request_.path);
    if (request_.refresh) {
      if (auto lost = walk(change)) return *lost;
      target.value = node()->value;
    } else {
      if (auto blocked = make_way(change, paths_.size() - 1)) return *blocked;
      change.guards.push_back({request_.path, node() ? node()->revision : 0});
    }
    if (node() && node()->dir) return failure(102, request_.path);
    return put(std::move(change), std::move(target), Action::set);
  }

  Result create() const {
    Change change;
    if (auto blocked = make_way(change, paths_.size() - 1)) return *blocked;
    if (node()) return failure(105, request_.path);
    change.guards.push_back({request_.path, 0});
    return put(std::move(change), fresh(request_.path), Action::create);
  }

  Result update() const {
    Change change;
    if (auto lost = walk(change)) return *lost;
    if (node()->dir && !request_.value.empty()) return failure(102, request_.path);
    Node target = fresh(request_.path);
    target.dir = node()->dir;
    target.created = node()->created;
    target.value = node()->dir ? "" : request_.refresh ? node()->value : request_.value;
    return put(std::move(change), std::move(target), Action::update);
  }

  Result compare_and_swap() const {
    Change change;
    if (auto lost = walk(change)) return *lost;
    if (node()->dir) return failure(102, request_.path);
    if (std::string cause = mismatch(request_, *node()); !cause.empty()) return failure(101, std::move(cause));
    Node target = fresh(request_.path);
    target.dir = false;
    target.created = node()->created;
    target.value = request_.refresh ? node()->value : request_.value;
    return put(std::move(change), std::move(target), Action::compare_and_swap);
  }

  /// The name grows with the index: no child of the directory may be newer than what the name was made of.
  Result post() const {
    Change change;
    if (request_.path != "/") {
      if (auto blocked = make_way(change, paths_.size())) return *blocked;
    }
    const std::string digits = std::to_string(snapshot_.revision + 1);
    const std::string base = request_.path == "/" ? "" : request_.path;
    Node target = fresh(base + "/" + std::string(20 - digits.size(), '0') + digits);
    change.guards.push_back({target.path, 0});
    change.no_newer_children_of = request_.path;
    change.snapshot = snapshot_.revision;
    change.event = {Action::create, target, std::nullopt, false};
    change.puts.push_back(std::move(target));
    return change;
  }

  Change erasing(Change change, Action action) const {
    Node gone{.path = request_.path, .dir = node()->dir, .value = {}, .created = node()->created};
    change.erase = request_.path;
    change.event = {action, std::move(gone), node(), false};
    return change;
  }

  Result erase() const {
    Change change;
    if (auto lost = walk(change)) return *lost;
    if (!node()->dir) return erasing(std::move(change), Action::erase);
    if (!request_.dir && !request_.recursive) return failure(102, request_.path);
    if (snapshot_.has_children && !request_.recursive) return failure(108, request_.path);
    if (request_.recursive) {
      change.erase_below = true;
    } else {
      change.no_children_of = request_.path;
    }
    return erasing(std::move(change), Action::erase);
  }

  Result compare_and_delete() const {
    Change change;
    if (auto lost = walk(change)) return *lost;
    if (node()->dir) return failure(102, request_.path);
    if (std::string cause = mismatch(request_, *node()); !cause.empty()) return failure(101, std::move(cause));
    return erasing(std::move(change), Action::compare_and_delete);
  }

  const Request& request_;
  const Snapshot& snapshot_;
  std::vector<std::string> paths_;
};

}  // namespace

std::vector<std::string> paths_to(std::string_view path) {
  std::vector<std::string> paths;
  for (std::string at(path); at != "/"; at = parent_of(at)) paths.insert(paths.begin(), at);
  return paths;
}

std::variant<Failure, Change> decide(const Request& request, const Snapshot& snapshot) { return Decision(request, snapshot).run(); }

Change expiry_of(const Node& node, const Snapshot& snapshot) {
  Change change;
  change.guards.push_back({node.path, node.revision});
  change.snapshot = snapshot.revision;
  change.erase = node.path;
  change.erase_below = node.dir;
  Node gone{.path = node.path, .dir = node.dir, .value = {}, .created = node.created};
  change.event = {Action::expire, std::move(gone), node, false};
  return change;
}

std::variant<Failure, Node> find(const Request& request, const Snapshot& snapshot) {
  if (request.path == "/") return Node{.path = "/", .dir = true, .value = {}};
  const auto paths = paths_to(request.path);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto& found = snapshot.nodes[i];
    if (!found) return Failure{100, paths[i], snapshot.revision};
    if (i + 1 < paths.size() && !found->dir) return Failure{104, paths[i], snapshot.revision};
  }
  return *snapshot.nodes.back();
}

}  // namespace conclave::gateway::v2
