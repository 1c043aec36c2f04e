#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fakes.hpp"

namespace conclave::engine::test {

/// Some engines over fakes, with a clock that the test moves. Disks finish and links deliver only when step() is called, and not at
/// all for what is stopped.
class Bench {
 public:
  explicit Bench(std::size_t members, const std::function<void(Config&)>& adjust = {});

  struct Node {
    FakeLog log;
    FakeState state;
    FakeSnapshots snapshots;
    FakePeers peers;
    FakeClients clients;
    std::unique_ptr<Engine> engine;
    std::size_t log_write_bytes = 100;  ///< what each log write counts as
    Duration flush{};                   ///< what each is said to have taken
    bool disk_stopped = false;
    bool cut_off = false;
    bool paused = false;
  };

  /// Time passes in ticks of 10 ms; after each tick everything is delivered until nothing moves.
  void run(Duration time);
  /// Delivers until nothing moves, without time passing.
  void settle();
  /// Delivers what is there and lets each engine run once. False: nothing was there.
  bool step();
  /// Runs until there is one leader, and returns its number.
  std::size_t elect();
  [[nodiscard]] std::size_t leader() const;

  /// Asks from connection 1 of a member; returns the request's id.
  RequestId ask(std::size_t node, ClientBody body);
  RequestId write(std::size_t node, const std::string& words, bool session = false);
  RequestId write_leased(std::size_t node, const std::string& key);
  RequestId renew(std::size_t node, LeaseId lease);
  RequestId get(std::size_t node, const std::string& key, Consistency consistency = Consistency::linearizable,
                Revision revision = {});
  /// What was answered; nothing yet: null.
  [[nodiscard]] const ReplyBody* reply(std::size_t node, RequestId request) const;
  [[nodiscard]] const mvcc::Response* response(std::size_t node, RequestId request) const;
  [[nodiscard]] std::optional<Errc> refusal(std::size_t node, RequestId request) const;

  Node& operator[](std::size_t node) { return *nodes_[node]; }
  Instant now{seconds(1000)};
  static constexpr ConnectionId connection{1};

 private:
  std::vector<std::unique_ptr<Node>> nodes_;
  WordCodec codec_;
  WordEncoder encoder_;
  NullLogSink sink_;
  std::uint64_t next_request_ = 1;
};

}  // namespace conclave::engine::test
