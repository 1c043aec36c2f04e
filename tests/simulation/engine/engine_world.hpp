#pragma once

#include <map>
#include <memory>

#include "conclave/codec/batch_codec.hpp"
#include "conclave/codec/event_encoder.hpp"
#include "core/network.hpp"
#include "core/swarm.hpp"
#include "engine/store_oracle.hpp"
#include "raft/raft_oracle.hpp"

namespace conclave::sim {

class EngineNode;
class SimClient;

/// What nodes and clients of one world share.
struct EngineWorld {
  World& world;
  Network& network;
  const Swarm& swarm;
  RaftOracle& raft;
  StoreOracle& store;
  codec::BatchCodec batches;
  codec::EventEncoder events;
  ClusterId cluster{77};
  std::map<MemberId, std::unique_ptr<EngineNode>> nodes;
  std::map<Endpoint, std::unique_ptr<SimClient>> clients;
  std::uint64_t connections = 0;  ///< ids given so far; also the ids of streams
};

[[nodiscard]] raft::Member record_of(MemberId id);
[[nodiscard]] inline Incarnation incarnation_of(MemberId id) { return Incarnation(id.value() * 100); }

}  // namespace conclave::sim
