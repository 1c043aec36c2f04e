#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/gateway_core/kv_request.hpp"
#include "conclave/gateway_core/v2_request.hpp"

/// The tree of the v2 keys API as keys of the replicated store: each node is one key, each change one transaction that compares
/// what it was decided on, so the index of a change is its revision. The last change stands in a key of its own; its versions are
/// the history that waits read.
namespace conclave::gateway::v2 {

struct Node {
  std::string path;
  bool dir = false;
  std::string value;
  std::uint64_t created = 0;                 ///< index; zero in what is about to be written: the index of that change
  std::uint64_t modified = 0;                ///< likewise
  std::optional<std::int64_t> expires_ms{};  ///< since 1970
  std::uint64_t revision = 0;                ///< of the key that holds it; zero: not stored
  bool operator==(const Node&) const = default;
};

/// Where things are in the store.
[[nodiscard]] std::string node_key(std::string_view path);
[[nodiscard]] std::string event_key();
/// All nodes below a directory: [first, second).
[[nodiscard]] std::pair<std::string, std::string> below(std::string_view path);
/// The key that makes an expiry found when it is due.
[[nodiscard]] std::string due_key(std::int64_t expires_ms, std::string_view path);

[[nodiscard]] std::string encode_node(const Node& node);
/// Nothing for bytes that no encode_node made, which a stranger wrote there.
[[nodiscard]] std::optional<Node> decode_node(std::string_view path, ByteView bytes, std::uint64_t revision);

enum class Action : std::uint8_t { get, set, create, update, erase, compare_and_swap, compare_and_delete, expire };
[[nodiscard]] std::string_view name_of(Action action);

/// What one change did.
struct Event {
  Action action = Action::get;
  Node node;
  std::optional<Node> prev{};
  bool refresh = false;  ///< not shown to those who wait
};
[[nodiscard]] std::string encode_event(const Event& event);
[[nodiscard]] std::optional<Event> decode_event(ByteView bytes, std::uint64_t revision);

/// Whether somebody who waits at `path` hears of the event.
[[nodiscard]] bool concerns(const Event& event, std::string_view path, bool recursive);

/// The paths whose nodes must be known to decide a request, the ancestors before the node; the root is none of them.
[[nodiscard]] std::vector<std::string> paths_to(std::string_view path);

/// The part of the tree that a request is decided on, all as of one revision.
struct Snapshot {
  std::uint64_t revision = 0;
  std::int64_t now_ms = 0;
  std::vector<std::optional<Node>> nodes;  ///< in the order of paths_to(path)
  bool has_children = false;               ///< of the node; looked at only for a DELETE
};

/// A change that holds only if the tree still is as it was.
struct Change {
  struct Unchanged {
    std::string path;
    std::uint64_t revision = 0;  ///< zero: there is no node
  };
  std::vector<Unchanged> guards;
  std::string no_children_of;        ///< not empty: has none
  std::string no_newer_children_of;  ///< not empty: has none that was created after `snapshot`
  std::uint64_t snapshot = 0;
  std::vector<Node> puts;
  std::string erase;  ///< path of a node that goes; empty: none
  bool erase_below = false;
  Event event;
};
/// For everything that writes.
[[nodiscard]] std::variant<Failure, Change> decide(const Request& request, const Snapshot& snapshot);
/// An expiry of a node that was found due.
[[nodiscard]] Change expiry_of(const Node& node, const Snapshot& snapshot);

[[nodiscard]] mvcc::TxnOp transaction(const Change& change, Keep& keep);

/// What a due key says.
struct Due {
  std::int64_t expires_ms = 0;
  std::string path;
  std::uint64_t revision = 0;  ///< of the due key
};
[[nodiscard]] Due due_of(ByteView due_key, std::uint64_t revision);
/// Takes away a node that is due, or only the due key if the node is gone or has another expiry.
[[nodiscard]] mvcc::TxnOp expiry_transaction(const Due& due, const std::optional<Node>& node, Keep& keep);

/// For a reply at `index`: what was zero in the change becomes the index.
[[nodiscard]] Event settled(Event event, std::uint64_t index);
[[nodiscard]] std::string event_json(const Event& event, std::int64_t now_ms);
/// 201 for what was not there before, else 200.
[[nodiscard]] unsigned http_status(const Event& event);

/// The answer to a GET: `node`, and for a directory everything below it in the order of its keys.
struct Listing {
  Node node;
  std::vector<Node> below;
};
[[nodiscard]] std::string listing_json(const Listing& listing, bool recursive, std::int64_t now_ms);
/// The failure of a walk that must find its node, or the node.
[[nodiscard]] std::variant<Failure, Node> find(const Request& request, const Snapshot& snapshot);

}  // namespace conclave::gateway::v2
