#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/client.hpp"
#include "conclave/recipes/own/run.hpp"
#include "conclave/scheduler/agent.hpp"
#include "conclave/scheduler/board.hpp"
#include "conclave/scheduler/leader.hpp"
#include "pretender.hpp"

namespace conclave::bench {

struct FleetOptions {
  std::vector<std::string> endpoints{"127.0.0.1:7400"};
  std::string name = "bench";
  std::uint64_t agents = 50;
  std::uint64_t slots = 4;
  double work_ms = 50;
  double ttl = 10;
};

/// One scheduler and many agents, each with a client, a session and watches of its own, as if it were a program of its own.
class Fleet {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Fleet>> open(const FleetOptions& options);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// All agents are registered, and the scheduler leads and sees them. False after `patience`.
  [[nodiscard]] bool await_ready(Duration patience);
  /// Arrays of a hundred jobs; `jobs` a multiple of it.
  [[nodiscard]] Result<void> submit(std::uint64_t jobs);
  /// `jobs` have succeeded. False after `patience`.
  [[nodiscard]] bool await_succeeded(std::uint64_t jobs, Duration patience);
  /// Of each assignment: from the change that made it possible to the store's answer.
  [[nodiscard]] std::vector<Duration> assign_latencies();
  [[nodiscard]] std::vector<Duration> turnarounds();
  [[nodiscard]] scheduler::Scheduler::Counts counts();

 private:
  struct Seat {
    explicit Seat(Client opened) : client(std::move(opened)), base(*client) {}
    std::optional<Client> client;
    recipes::Base base;
    std::unique_ptr<Pretender> pretender;
    std::shared_ptr<scheduler::Agent> agent;
  };
  explicit Fleet(const FleetOptions& options) : options_(options), keys_(options.name) {}
  [[nodiscard]] Result<void> seat_scheduler();
  [[nodiscard]] Result<void> seat_agent(std::uint64_t number);
  [[nodiscard]] Result<std::unique_ptr<Seat>> open_seat(const std::string& name) const;
  [[nodiscard]] bool await(Duration patience, const std::function<bool()>& there);

  FleetOptions options_;
  scheduler::Keys keys_;
  std::vector<Duration> latencies_;  ///< of the scheduler's thread
  std::unique_ptr<Seat> leading_;
  std::shared_ptr<scheduler::Scheduler> scheduler_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::uint64_t submissions_ = 0;
};

}  // namespace conclave::bench
