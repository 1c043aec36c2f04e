#include "peer_lane.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <asio/connect.hpp>

#include "conclave/transport/address.hpp"
#include "peer_table.hpp"

namespace conclave::transport {
namespace {

/// What the system may hold unsent: urgent frames cannot overtake it.
constexpr int unsent_bytes_max = 128 * 1024;

using NotSentLowWater = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

}  // namespace

PeerLane::PeerLane(Hub& hub, PeerTable& table, const raft::Member& peer, Kind kind)
    : hub_(hub),
      table_(table),
      peer_(peer),
      kind_(kind),
      pause_(hub.config.limits.reconnect_min),
      timer_(hub.io),
      resolver_(hub.io) {}

void PeerLane::start() {
  if (kind_ == Kind::main) dial();
}

void PeerLane::renew(const raft::Member& peer) {
  peer_ = peer;
  if (state_ != State::up || peer.incarnation.is_zero() || peer.incarnation == incarnation_) return;
  const auto link = link_;
  link->close(Error{Errc::wrong_member, "the membership records another data directory"});
}

void PeerLane::stop() {
  ++attempt_;
  timer_.cancel();
  resolver_.cancel();
  state_ = State::idle;
  if (link_ == nullptr) return;
  const auto link = std::exchange(link_, nullptr);
  link->detach();
  link->close(Error{Errc::cancelled, "the sender closes this connection"});
}

// --- Sending
// --------------------------------------------------------------------------------------------------------------------------

void PeerLane::send(protocol::OutFrame frame, Outbox::Options options) {
  if (state_ == State::up) {
    sent_ = Hub::now();
    if (!link_->send(std::move(frame), options)) table_.dropped(peer_.id);
    return;
  }
  if (kind_ == Kind::main || waiting_bytes_ + frame.size() > hub_.config.limits.bulk_queue_bytes_max)
    return table_.dropped(peer_.id);
  waiting_bytes_ += frame.size();
  waiting_.push_back(std::move(frame));
  if (state_ == State::idle) dial();
}

void PeerLane::drop_waiting() {
  if (waiting_.empty()) return;
  waiting_.clear();
  waiting_bytes_ = 0;
  table_.dropped(peer_.id);
}

// --- Dialling
// -------------------------------------------------------------------------------------------------------------------------

void PeerLane::hurry() {
  pause_ = hub_.config.limits.reconnect_min;
  if (state_ == State::pausing) dial();
}

void PeerLane::dial() {
  ++attempt_;
  state_ = State::dialling;
  timer_.expires_after(hub_.config.limits.handshake_deadline);
  timer_.async_wait([weak = weak_from_this(), attempt = attempt_](std::error_code cancelled) {
    const auto self = weak.lock();
    if (cancelled || self == nullptr || self->attempt_ != attempt || self->state_ != State::dialling) return;
    ++self->attempt_;
    self->resolver_.cancel();
    self->failed("no connection in time");
  });
  const auto address = parse_address(peer_.peer_address);
  if (!address.has_value()) return failed("the address " + peer_.peer_address + " cannot be used: " + address.error().context);
  host_ = address->host;
  std::error_code no_address;
  const auto literal = asio::ip::make_address(address->host, no_address);
  if (!no_address) return connect({asio::ip::tcp::endpoint(literal, address->port)});
  resolve(address->host, address->port);
}

void PeerLane::resolve(const std::string& host, std::uint16_t port) {
  resolver_.async_resolve(host, std::to_string(port),
                          [weak = weak_from_this(), attempt = attempt_](std::error_code failed, const auto& found) {
                            const auto self = weak.lock();
                            if (self == nullptr || self->attempt_ != attempt) return;
                            if (failed)
                              return self->failed("the host of " + self->peer_.peer_address + " is not found: " + failed.message());
                            std::vector<asio::ip::tcp::endpoint> endpoints;
                            for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                            self->connect(endpoints);
                          });
}

void PeerLane::connect(const std::vector<asio::ip::tcp::endpoint>& endpoints) {
  auto socket = std::make_shared<asio::ip::tcp::socket>(hub_.io);
  asio::async_connect(*socket, endpoints,
                      [weak = weak_from_this(), attempt = attempt_, socket](std::error_code failed, const auto&) {
                        const auto self = weak.lock();
                        if (self == nullptr || self->attempt_ != attempt) return;
                        if (failed) return self->failed(failed.message());
                        self->open(std::move(*socket));
                      });
}

void PeerLane::open(asio::ip::tcp::socket socket) {
  timer_.cancel();
  state_ = State::opening;
  std::error_code ignored;
  socket.set_option(NotSentLowWater(unsent_bytes_max), ignored);
  SslPtr ssl = table_.tls() == nullptr ? nullptr : table_.tls()->connecting(host_, Hub::now());
  const Limits& limits = hub_.config.limits;
  const std::size_t queue_bytes_max = kind_ == Kind::main ? limits.peer_queue_bytes_max : limits.bulk_queue_bytes_max;
  link_ = std::make_shared<PeerOutLink>(hub_, table_, *this, Stream(std::move(socket), std::move(ssl)), queue_bytes_max);
  const auto link = link_;  // starting may end it
  link->start();
}

void PeerLane::link_up(Incarnation incarnation) {
  state_ = State::up;
  incarnation_ = incarnation;
  pause_ = hub_.config.limits.reconnect_min;
  failure_logged_ = false;
  ++hub_.counters.peer_links_opened;
  if (kind_ == Kind::main) {
    hub_.log.info("connected to peer", {{"peer", peer_.name}, {"address", peer_.peer_address}});
    return table_.lane_up(peer_.id, incarnation);
  }
  sent_ = Hub::now();
  for (protocol::OutFrame& frame : std::exchange(waiting_, {})) link_->send(std::move(frame), {});
  waiting_bytes_ = 0;
  watch_idle();
}

void PeerLane::watch_idle() {
  timer_.expires_after(hub_.config.limits.bulk_idle_max);
  timer_.async_wait([weak = weak_from_this(), attempt = attempt_](std::error_code cancelled) {
    const auto self = weak.lock();
    if (cancelled || self == nullptr || self->attempt_ != attempt || self->state_ != State::up) return;
    if (Hub::now() - self->sent_ < self->hub_.config.limits.bulk_idle_max) return self->watch_idle();
    self->stop();
  });
}

void PeerLane::link_down(const PeerOutLink* link, bool was_up, bool by_other_side, const std::string& why) {
  if (link != link_.get()) return;
  link_.reset();
  if (was_up && kind_ == Kind::main) {
    hub_.log.warning("connection to peer lost", {{"peer", peer_.name}, {"why", why}});
    table_.lane_down(peer_.id, by_other_side);
    return pause();
  }
  if (was_up) table_.dropped(peer_.id);  // what was queued on the link is gone
  failed(why);
}

void PeerLane::failed(const std::string& why) {
  // A peer that is down would fill the log with the same line.
  if (!std::exchange(failure_logged_, true)) {
    hub_.log.warning("cannot connect to peer, trying on", {{"peer", peer_.name}, {"address", peer_.peer_address}, {"why", why}});
  }
  drop_waiting();
  pause();
}

void PeerLane::pause() {
  ++attempt_;
  if (kind_ == Kind::bulk) {  // dialled again when there is something to send
    state_ = State::idle;
    return;
  }
  state_ = State::pausing;
  timer_.expires_after(hub_.prng.between(pause_ / 2, pause_));
  pause_ = std::min(2 * pause_, hub_.config.limits.reconnect_max);
  timer_.async_wait([weak = weak_from_this(), attempt = attempt_](std::error_code cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self != nullptr && self->attempt_ == attempt && self->state_ == State::pausing) self->dial();
  });
}

}  // namespace conclave::transport
