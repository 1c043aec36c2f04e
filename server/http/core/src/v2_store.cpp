#include "conclave/gateway_core/v2_tree.hpp"

#include <algorithm>
#include <array>

namespace conclave::gateway::v2 {
namespace {

constexpr std::string_view prefix = "_conclave/v2/";
constexpr char format = 'a';
constexpr std::size_t header_bytes = 2 + 3 * 8;
constexpr char is_dir = 1;
constexpr char has_expiry = 2;

void append_u64(std::string& out, std::uint64_t value) {
  for (unsigned shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(static_cast<std::uint8_t>(value >> shift)));
}

std::uint64_t read_u64(ByteView& bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
  bytes.remove_prefix(8);
  return value;
}

/// A text with its length before it.
void append_text(std::string& out, ByteView text) {
  append_u64(out, text.size());
  out.append(text);
}

bool read_text(ByteView& bytes, std::string& out) {
  if (bytes.size() < 8) return false;
  const std::uint64_t size = read_u64(bytes);
  if (size > bytes.size()) return false;
  out = std::string(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return true;
}

std::string node_text(const Node& node) {
  std::string out;
  append_text(out, node.path);
  append_text(out, encode_node(node));
  return out;
}

bool read_node(ByteView& bytes, std::uint64_t revision, Node& out) {
  std::string path;
  std::string body;
  if (!read_text(bytes, path) || !read_text(bytes, body)) return false;
  auto node = decode_node(path, body, revision);
  if (node) out = std::move(*node);
  return node.has_value();
}

}  // namespace

std::string node_key(std::string_view path) { return std::string(prefix) + "n" + std::string(path); }
std::string event_key() { return std::string(prefix) + "e"; }

std::pair<std::string, std::string> below(std::string_view path) {
  const std::string base = node_key(path == "/" ? std::string_view() : path);
  return {base + "/", base + static_cast<char>('/' + 1)};
}

std::string due_key(std::int64_t expires_ms, std::string_view path) {
  const std::string digits = std::to_string(std::max<std::int64_t>(expires_ms, 0));
  return std::string(prefix) + "t" + std::string(20 - std::min<std::size_t>(20, digits.size()), '0') + digits + std::string(path);
}

std::string encode_node(const Node& node) {
  std::string out;
  out.reserve(header_bytes + node.value.size());
  out.push_back(format);
  out.push_back(static_cast<char>((node.dir ? is_dir : 0) | (node.expires_ms ? has_expiry : 0)));
  append_u64(out, node.created);
  append_u64(out, node.modified);
  append_u64(out, static_cast<std::uint64_t>(node.expires_ms.value_or(0)));
  return out.append(node.value);
}

std::optional<Node> decode_node(std::string_view path, ByteView bytes, std::uint64_t revision) {
  if (bytes.size() < header_bytes || bytes[0] != format) return std::nullopt;
  Node node;
  node.path = std::string(path);
  node.dir = (bytes[1] & is_dir) != 0;
  const bool expires = (bytes[1] & has_expiry) != 0;
  bytes.remove_prefix(2);
  node.created = read_u64(bytes);
  node.modified = read_u64(bytes);
  const auto expires_ms = static_cast<std::int64_t>(read_u64(bytes));
  if (expires) node.expires_ms = expires_ms;
  if (node.created == 0) node.created = revision;
  if (node.modified == 0) node.modified = revision;
  node.value = std::string(bytes);
  node.revision = revision;
  return node;
}

std::string encode_event(const Event& event) {
  std::string out(1, format);
  out.push_back(static_cast<char>(event.action));
  out.push_back(static_cast<char>((event.refresh ? 1 : 0) | (event.prev ? 2 : 0)));
  out.append(node_text(event.node));
  if (event.prev) out.append(node_text(*event.prev));
  return out;
}

std::optional<Event> decode_event(ByteView bytes, std::uint64_t revision) {
  if (bytes.size() < 3 || bytes[0] != format || static_cast<std::uint8_t>(bytes[1]) > static_cast<std::uint8_t>(Action::expire))
    return std::nullopt;
  Event event;
  event.action = static_cast<Action>(bytes[1]);
  event.refresh = (bytes[2] & 1) != 0;
  const bool has_prev = (bytes[2] & 2) != 0;
  bytes.remove_prefix(3);
  if (!read_node(bytes, revision, event.node)) return std::nullopt;
  if (has_prev && !read_node(bytes, revision, event.prev.emplace())) return std::nullopt;
  return event;
}

bool concerns(const Event& event, std::string_view path, bool recursive) {
  if (event.refresh) return false;
  const std::string_view changed = event.node.path;
  if (changed == path) return true;
  const auto is_below = [](std::string_view inner, std::string_view outer) {
    return outer == "/" || (inner.starts_with(outer) && inner.size() > outer.size() && inner[outer.size()] == '/');
  };
  if (is_below(changed, path)) {
    const std::string_view rest = path == "/" ? changed : changed.substr(path.size());
    return recursive && rest.find("/_") == std::string_view::npos;
  }
  const bool removed = event.action == Action::erase || event.action == Action::expire;
  return removed && event.node.dir && is_below(path, changed);
}

mvcc::TxnOp transaction(const Change& change, Keep& keep) {
  using Kind = mvcc::KeySelector::Kind;
  std::vector<mvcc::Compare> compares;
  for (const Change::Unchanged& guard : change.guards) {
    compares.push_back({{Kind::single, keep.text(node_key(guard.path)), {}},
                        mvcc::CompareTarget::mod,
                        mvcc::CompareRelation::equal,
                        guard.revision,
                        {}});
  }
  const auto range = [&](const std::string& path) {
    const auto [begin, end] = below(path);
    return mvcc::KeySelector{Kind::range, keep.text(begin), keep.text(end)};
  };
  if (!change.no_children_of.empty())
    compares.push_back({range(change.no_children_of), mvcc::CompareTarget::existence, mvcc::CompareRelation::equal, 0, {}});
  if (!change.no_newer_children_of.empty())
    compares.push_back(
        {range(change.no_newer_children_of), mvcc::CompareTarget::create, mvcc::CompareRelation::less, change.snapshot + 1, {}});
  std::vector<mvcc::Op> ops;
  const auto put = [&](std::string key, std::string value) {
    mvcc::PutOp op;
    op.key = keep.text(std::move(key));
    op.value = keep.text(std::move(value));
    ops.push_back({op});
  };
  for (const Node& node : change.puts) {
    put(node_key(node.path), encode_node(node));
    if (node.expires_ms) put(due_key(*node.expires_ms, node.path), "");
  }
  if (!change.erase.empty()) ops.push_back({mvcc::DeleteOp{{Kind::single, keep.text(node_key(change.erase)), {}}, false}});
  if (!change.erase.empty() && change.erase_below) ops.push_back({mvcc::DeleteOp{range(change.erase), false}});
  const auto& prev = change.event.prev;
  const bool due_again = std::ranges::any_of(
      change.puts, [&](const Node& node) { return prev && node.path == prev->path && node.expires_ms == prev->expires_ms; });
  if (prev && prev->expires_ms && !due_again)
    ops.push_back({mvcc::DeleteOp{{Kind::single, keep.text(due_key(*prev->expires_ms, prev->path)), {}}, false}});
  put(event_key(), encode_event(change.event));
  const auto kept = [&](const auto& items) {
    using Item = typename std::decay_t<decltype(items)>::value_type;
    const std::span<Item> out = keep.arena.make_span<Item>(items.size());
    std::ranges::copy(items, out.begin());
    return std::span<const Item>(out);
  };
  return {kept(compares), kept(ops), {}};
}

Due due_of(ByteView key, std::uint64_t revision) {
  constexpr std::size_t digits = 20;
  Due due;
  due.revision = revision;
  ByteView rest = key.substr(std::min(key.size(), prefix.size() + 1));
  for (const char c : rest.substr(0, digits))
    due.expires_ms = due.expires_ms % 100'000'000'000'000'000 * 10 + (c >= '0' && c <= '9' ? c - '0' : 0);
  due.path = std::string(rest.substr(std::min(rest.size(), digits)));
  return due;
}

mvcc::TxnOp expiry_transaction(const Due& due, const std::optional<Node>& node, Keep& keep) {
  if (node && node->expires_ms == due.expires_ms) return transaction(expiry_of(*node, {}), keep);
  const mvcc::KeySelector key{mvcc::KeySelector::Kind::single, keep.text(due_key(due.expires_ms, due.path)), {}};
  const std::span<mvcc::Compare> unchanged = keep.arena.make_span<mvcc::Compare>(1);
  unchanged[0] = {key, mvcc::CompareTarget::mod, mvcc::CompareRelation::equal, due.revision, {}};
  const std::span<mvcc::Op> gone = keep.arena.make_span<mvcc::Op>(1);
  gone[0] = {mvcc::DeleteOp{key, false}};
  return {unchanged, gone, {}};
}

}  // namespace conclave::gateway::v2
