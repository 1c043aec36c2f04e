#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/codec/client_codec.hpp"
#include "conclave/codec/peer_codec.hpp"
#include "conclave/engine/event.hpp"
#include "conclave/transport/config.hpp"
#include "conclave/transport/counters.hpp"
#include "conclave/transport/transport.hpp"
#include "outbox.hpp"

namespace conclave::transport {

class Link;

/// Between two looks at all deadlines.
inline constexpr Duration sweep_interval = milliseconds(100);

/// What all links of a member share. Loop thread only.
class Hub {
 public:
  Hub(const Config& settings, LogSink& log_sink, Counters& counts);

  /// Tells the engine, in the next pass.
  void emit(engine::Event event) { events_.push_back(std::move(event)); }
  [[nodiscard]] std::vector<engine::Event> take_events() { return std::exchange(events_, {}); }
  [[nodiscard]] bool has_events() const { return !events_.empty(); }

  /// The link has something to send: it is written at the end of this pass, in this order.
  void mark_dirty(std::shared_ptr<Link> link, Outbox::Order order) {
    dirty_[static_cast<std::size_t>(order)].push_back(std::move(link));
  }
  void flush_dirty();
  /// The same now, but for what goes `last`. The engine may call it in the middle of a pass.
  void flush_before_last();

  /// Every open link, so that deadlines are looked at in one place instead of with a timer for each.
  void add(const std::shared_ptr<Link>& link) { links_.push_back(link); }
  void sweep();
  /// The time by which deadlines are judged. It does not run while this process does not: after a pause nobody else has become
  /// slow.
  [[nodiscard]] Instant patience() const { return patience_; }
  [[nodiscard]] std::vector<std::shared_ptr<Link>> open_links() const;

  /// Counts; refused() also logs, unless there were very many in this second: strangers must not be able to fill the disk with our
  /// log.
  std::uint64_t count(Refusal why) { return ++counters.refused[static_cast<std::size_t>(why)]; }
  void refused(Refusal why, const std::string& port, const std::string& remote, const std::string& detail);

  [[nodiscard]] static Instant now() { return Transport::clock(); }

  const Config& config;
  LogSink& log;
  Counters& counters;
  asio::io_context io{1};
  Prng prng;
  codec::ClientEncoder client_encoder;
  codec::PeerEncoder peer_encoder;
  MemberNow member;  ///< as of the last pass

 private:
  static void flush(std::vector<std::shared_ptr<Link>>& links);

  std::vector<engine::Event> events_;
  std::array<std::vector<std::shared_ptr<Link>>, 4> dirty_;  // by order
  std::vector<std::weak_ptr<Link>> links_;
  Instant patience_{};
  Instant swept_{};
  Instant log_second_{};
  std::uint64_t logged_in_second_ = 0;
  std::uint64_t log_suppressed_ = 0;
};

/// Which refusal an error of the protocol counts as.
[[nodiscard]] Refusal refusal_of(Errc code);

}  // namespace conclave::transport
