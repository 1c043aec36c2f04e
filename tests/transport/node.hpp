#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "conclave/transport/transport.hpp"

namespace conclave::test {

/// Keeps the lines that transport logs. Thread-safe.
class RecordingLog final : public LogSink {
 public:
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;
  /// True if a line contains all of these.
  [[nodiscard]] bool has(std::initializer_list<std::string_view> parts) const;
  [[nodiscard]] std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A member without an engine: a transport on its own thread whose events are recorded.
class Node : private transport::Driven {
 public:
  /// Ports chosen by the system; other fields as given.
  explicit Node(transport::Config config);
  ~Node() override;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] transport::Transport& transport() { return *transport_; }
  [[nodiscard]] std::uint16_t client_port() const { return transport_->client_port(); }
  [[nodiscard]] std::uint16_t peer_port() const { return transport_->peer_port(); }
  [[nodiscard]] RecordingLog& log() { return log_; }

  /// Runs on the loop thread and waits for it.
  void on_loop(const std::function<void()>& task);
  void set_members(const raft::Membership& membership);
  void send(MemberId to, engine::PeerMessage message);
  /// A copy of the counters.
  [[nodiscard]] transport::Counters counters();
  /// Waits until the counter of refusals reaches one.
  [[nodiscard]] bool refuses(transport::Refusal refusal);
  /// Waits, bounded, until `reached` holds; it is asked after every pass.
  [[nodiscard]] bool wait_until(const std::function<bool()>& reached);

  /// Waits for the next event of this kind and takes it; earlier events of other kinds stay. Nothing if none comes in time.
  template <class E>
  std::optional<E> next() {
    std::unique_lock lock(mutex_);
    std::optional<E> found;
    changed_.wait_for(lock, patience, [&] {
      found = take<E>();
      return found.has_value();
    });
    return found;
  }
  template <class E>
  [[nodiscard]] std::size_t count() {
    const std::scoped_lock lock(mutex_);
    std::size_t count = 0;
    for (const auto& event : events_) count += std::holds_alternative<E>(event) ? 1U : 0U;
    return count;
  }

  static constexpr seconds patience{10};

 private:
  template <class E>
  std::optional<E> take() {
    for (auto at = events_.begin(); at != events_.end(); ++at) {
      if (!std::holds_alternative<E>(*at)) continue;
      E event = std::move(std::get<E>(*at));
      events_.erase(at);
      return event;
    }
    return std::nullopt;
  }

  void deliver(engine::Event event) override;
  void run_once(Instant now) override;
  [[nodiscard]] Instant next_deadline() const override;
  [[nodiscard]] bool finished() const override;
  [[nodiscard]] transport::MemberNow now() const override { return {MemberId(77), Term(5), Revision(9), true}; }

  RecordingLog log_;
  std::unique_ptr<transport::Transport> transport_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<engine::Event> events_;
  std::vector<std::function<void()>> tasks_;
  bool finished_ = false;
  std::thread thread_;
};

/// A configuration with short deadlines, on 127.0.0.1, for member `id`.
[[nodiscard]] transport::Config config_of(std::uint64_t id);
/// A record of a member that listens on this port.
[[nodiscard]] raft::Member record_of(std::uint64_t id, std::uint16_t peer_port, std::uint64_t incarnation = 0,
                                     const std::string& host = "127.0.0.1");
[[nodiscard]] raft::Membership membership_of(std::vector<raft::Member> members);

}  // namespace conclave::test
