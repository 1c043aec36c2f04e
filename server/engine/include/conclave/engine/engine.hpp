#pragma once

#include <memory>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/engine/config.hpp"
#include "conclave/engine/event.hpp"
#include "conclave/engine/ports.hpp"
#include "conclave/engine/status.hpp"
#include "conclave/raft/core.hpp"

namespace conclave::engine {

/// What a member has when its engine starts: what the stores recovered.
struct Recovered {
  raft::Recovered raft;
  std::unique_ptr<mvcc::Machine> machine;  ///< at raft.applied
};

/// The one loop that joins raft, the state machine, clients and peers. Passive and deterministic: events are delivered, run_once()
/// carries out what follows from them, ports only enqueue. One thread owns it.
class Engine {
 public:
  /// `ports` and `log` outlive the engine. `now` is the time of the first run_once().
  Engine(const Config& config, Recovered recovered, const Ports& ports, LogSink& log, Prng prng, Instant now);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Enqueues; cheap.
  void deliver(Event event);
  /// One pass: ticks that are due, all events, one Ready or as many as follow from each other, watches, replies. `now` never goes
  /// back.
  void run_once(Instant now);
  /// When run_once() is needed at the latest if no event comes before.
  [[nodiscard]] Instant next_deadline() const;

  /// The process should end: storage failed, the state differs from the others', or a graceful shutdown is complete.
  [[nodiscard]] std::optional<Error> finished() const;

  // --- Observers: consistent between two calls of run_once
  // --------------------------------------------------------------------------
  [[nodiscard]] StatusReply status() const;
  [[nodiscard]] const Counters& counters() const;
  [[nodiscard]] const raft::Core& core() const;
  [[nodiscard]] const mvcc::Machine& machine() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::engine
