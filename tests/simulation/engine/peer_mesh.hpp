#pragma once

#include <map>

#include "engine/engine_world.hpp"

namespace conclave::sim {

/// The links between members: made while both processes run and can reach each other, closed when one ends or nothing is heard.
class PeerMesh {
 public:
  explicit PeerMesh(EngineWorld& shared) : shared_(shared), prng_(shared.world.stream(6)) {}

  void start() { look(); }
  [[nodiscard]] bool linked(MemberId one, MemberId other) const { return links_.contains(pair_of(one, other)); }
  /// Which of the links that these two have had is up; zero: none.
  [[nodiscard]] std::uint64_t link(MemberId one, MemberId other) const {
    const auto found = links_.find(pair_of(one, other));
    return found == links_.end() ? 0 : found->second;
  }
  /// The process of `member` ended: its links are reset.
  void ended(MemberId member);
  /// The link is reset, and made again when somebody looks.
  void close(MemberId one, MemberId other);

 private:
  using Pair = std::pair<MemberId, MemberId>;
  [[nodiscard]] static Pair pair_of(MemberId one, MemberId other) { return one < other ? Pair{one, other} : Pair{other, one}; }
  [[nodiscard]] bool reachable(MemberId one, MemberId other) const;
  void look();
  void look_at(const Pair& pair);

  EngineWorld& shared_;
  Prng prng_;
  std::map<Pair, std::uint64_t> links_;
  std::uint64_t made_ = 0;
  std::map<Pair, Instant> silent_since_;
};

}  // namespace conclave::sim
