#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "conclave/http/event_stream.hpp"
#include "conclave/scheduler_api/live.hpp"

namespace conclave::scheduler::api {

/// Everybody who listens to the changes. Each has a place in the feed that all share and is sent as much as it reads; who is too
/// slow for the feed gets a picture of the whole. So a reader costs a bounded amount of memory and nobody waits for it.
class Streams : public std::enable_shared_from_this<Streams> {
 public:
  using Age = std::function<std::optional<Duration>()>;
  Streams(asio::io_context& io, const Live& live, Age age) : io_(io), live_(live), age_(std::move(age)), timer_(io) {}

  void start() { beat(); }
  void stop();
  [[nodiscard]] bool is_full() const { return streams_.size() >= streams_max; }
  [[nodiscard]] std::size_t size() const { return streams_.size(); }
  [[nodiscard]] std::uint64_t pictures() const { return pictures_; }
  /// Begins the reply. `seen`: what the browser has seen before, if it says so.
  void add(const http::ExchangePtr& exchange, std::optional<Revision> seen);
  /// There is something new.
  void changed();

  static constexpr std::size_t streams_max = 1000;

 private:
  struct Stream {
    Stream(asio::io_context& io, const http::ExchangePtr& exchange) : events(io, exchange) {}
    http::EventStream events;
    std::optional<Revision> seen;
    std::optional<std::string> piece;  ///< of a picture of the whole: from which job on
    Revision since;                    ///< when that began
    bool is_behind = false;            ///< it has not read what was sent
  };
  using StreamPtr = std::shared_ptr<Stream>;
  void send(const StreamPtr& stream);
  bool send_one(Stream& stream);
  void beat();

  asio::io_context& io_;
  const Live& live_;
  Age age_;
  asio::steady_timer timer_;
  std::set<StreamPtr> streams_;
  std::uint64_t pictures_ = 0;
};

}  // namespace conclave::scheduler::api
