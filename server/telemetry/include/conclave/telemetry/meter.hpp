#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "conclave/base/time.hpp"
#include "conclave/engine/event.hpp"
#include "conclave/engine/ports.hpp"
#include "conclave/http/metrics.hpp"

namespace conclave::telemetry {

/// What requests are counted as.
enum class RequestKind : std::uint8_t {
  write,
  renewal,
  read,
  watch,
  turn,
  watch_cancel,
  progress,
  status,
  members,
  move_leader,
  hash,
  other
};
inline constexpr std::size_t request_kinds = 12;
[[nodiscard]] std::string_view name_of(RequestKind kind);

/// Counts and times what goes in and out of an engine, from outside: it stands around two ports of the engine and sees its events.
/// It costs the loop an addition or two for each request, and a slot in a table of fixed size; pages are made of it when somebody
/// asks. Loop thread only.
class Meter {
 public:
  using Clock = Instant (*)();
  static constexpr std::size_t outcomes = 128;  ///< 0: ok; else the number of the error

  explicit Meter(Clock clock);
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  /// The same port, measured. Called once each; `port` outlives the meter's use.
  [[nodiscard]] engine::LogStore& around(engine::LogStore& port);
  [[nodiscard]] engine::ClientLinks& around(engine::ClientLinks& port);

  /// Before the event is delivered to the engine.
  void saw(const engine::Event& event);
  /// Around each pass of the engine.
  void pass_begins() {
    now_ = clock_();
    began_ = now_;
  }
  void pass_ended(Index applied);

  // --- What was measured
  [[nodiscard]] std::uint64_t answered(RequestKind kind, std::size_t outcome) const { return answered_[index(kind)][outcome]; }
  [[nodiscard]] const http::LatencyHistogram& latency(RequestKind kind) const { return latency_[index(kind)]; }
  /// From handing entries to the log until they are on the disk.
  [[nodiscard]] const http::LatencyHistogram& log_write() const { return log_write_; }
  /// Each write of the log's file with its flush: the disk alone.
  [[nodiscard]] const http::LatencyHistogram& disk_flush() const { return disk_flush_; }
  /// From handing entries to the log until they were applied.
  [[nodiscard]] const http::LatencyHistogram& commit() const { return commit_; }
  [[nodiscard]] const http::LatencyHistogram& pass() const { return pass_; }
  [[nodiscard]] std::uint64_t log_bytes() const { return log_bytes_; }

 private:
  class MeteredLog;
  class MeteredClients;
  struct Asked {
    engine::ConnectionId connection;
    engine::RequestId request;
    Instant at;
    RequestKind kind = RequestKind::other;
  };
  static constexpr std::size_t asked_slots = 8192;
  static constexpr std::size_t waiting_writes_max = 4096;

  [[nodiscard]] static constexpr std::size_t index(RequestKind kind) { return static_cast<std::size_t>(kind); }
  [[nodiscard]] Asked& slot_of(engine::ConnectionId connection, engine::RequestId request);
  void submitted(const raft::Write& write);
  void replied(engine::ConnectionId connection, engine::RequestId request, const engine::ReplyBody& body);

  Clock clock_;
  Instant now_{};
  Instant began_{};
  bool saw_since_pass_ = false;
  unsigned replies_since_look_ = 0;
  std::vector<Asked> asked_;
  std::array<std::array<std::uint64_t, outcomes>, request_kinds> answered_{};
  std::array<http::LatencyHistogram, request_kinds> latency_{};
  http::LatencyHistogram log_write_;
  http::LatencyHistogram disk_flush_;
  http::LatencyHistogram commit_;
  http::LatencyHistogram pass_;
  std::uint64_t log_bytes_ = 0;
  std::deque<std::pair<raft::WriteId, Instant>> writes_;
  std::deque<std::pair<Index, Instant>> entries_;
  std::unique_ptr<MeteredLog> log_;
  std::unique_ptr<MeteredClients> clients_;
};

}  // namespace conclave::telemetry
