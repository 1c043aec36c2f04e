#include "engine/peer_mesh.hpp"

#include "engine/engine_node.hpp"

namespace conclave::sim {

bool PeerMesh::reachable(MemberId one, MemberId other) const {
  return !shared_.network.is_cut(one.value(), other.value()) && !shared_.network.is_cut(other.value(), one.value());
}

void PeerMesh::look() {
  for (auto one = shared_.nodes.begin(); one != shared_.nodes.end(); ++one)
    for (auto other = std::next(one); other != shared_.nodes.end(); ++other) look_at({one->first, other->first});
  shared_.world.after(milliseconds(100), "links", [this] { look(); });
}

void PeerMesh::look_at(const Pair& pair) {
  EngineNode& one = *shared_.nodes.at(pair.first);
  EngineNode& other = *shared_.nodes.at(pair.second);
  const bool wanted = one.is_up() && other.is_up() && (one.knows(pair.second) || other.knows(pair.first));
  const bool works = wanted && reachable(pair.first, pair.second);
  if (!links_.contains(pair)) {
    if (!works) return;
    links_[pair] = ++made_;
    one.deliver(engine::PeerConnected{pair.second, incarnation_of(pair.second)});
    other.deliver(engine::PeerConnected{pair.first, incarnation_of(pair.first)});
    return;
  }
  if (works) {
    silent_since_.erase(pair);
    return;
  }
  const auto [since, fresh] = silent_since_.emplace(pair, shared_.world.now());
  if (wanted && (fresh || shared_.world.now() - since->second < seconds(2))) return;
  links_.erase(pair);
  silent_since_.erase(pair);
  one.deliver(engine::PeerClosed{pair.second, false});
  other.deliver(engine::PeerClosed{pair.first, false});
}

void PeerMesh::ended(MemberId member) {
  for (const auto& [other, node] : shared_.nodes) {
    if (other == member || links_.erase(pair_of(member, other)) == 0) continue;
    silent_since_.erase(pair_of(member, other));
    const bool heard = !shared_.network.is_cut(member.value(), other.value());
    const Duration after = heard ? prng_.between(microseconds(50), milliseconds(2)) : Duration(seconds(2));
    shared_.world.after(after, "reset", [it = node.get(), member, heard] { it->deliver(engine::PeerClosed{member, heard}); });
  }
}

void PeerMesh::close(MemberId one, MemberId other) {
  if (links_.erase(pair_of(one, other)) == 0) return;
  shared_.nodes.at(one)->deliver(engine::PeerClosed{other, true});
  shared_.nodes.at(other)->deliver(engine::PeerClosed{one, true});
}

}  // namespace conclave::sim
