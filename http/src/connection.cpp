#include "connection.hpp"

#include <asio/error.hpp>
#include <exception>

namespace conclave::http {

Connection::Connection(std::shared_ptr<Shared> shared, std::unique_ptr<Channel> channel)
    : shared_(std::move(shared)), channel_(std::move(channel)), parser_(shared_->options.limits.parse), since_(shared_->now) {
  std::error_code failed;
  const auto endpoint = channel_->socket().remote_endpoint(failed);
  if (!failed) remote_ = {endpoint.address().to_string(), endpoint.port(), channel_->is_tls(), {}};
}

void Connection::start() {
  channel_->handshake([self = shared_from_this()](std::error_code failed) {
    if (self->phase_ != Phase::handshake) return;
    if (failed) {
      self->shared_->refused("tls_failed");
      self->shared_->log.info("HTTP client refused", {{"from", self->remote_.address}, {"why", "TLS: " + failed.message()}});
      return self->close();
    }
    self->remote_.common_name = self->channel_->common_name();
    self->phase_ = Phase::head;
    self->since_ = self->shared_->now;
    self->pump();
  });
}

void Connection::read_more() {
  if (reading_ || input_ended_ || phase_ == Phase::closed || phase_ == Phase::handshake) return;
  if (input_.size() >= shared_->options.limits.input_bytes_max) return;
  reading_ = true;
  channel_->read_some(buffer_,
                      [self = shared_from_this()](std::error_code failed, std::size_t size) { self->on_read(failed, size); });
}

void Connection::on_read(std::error_code failed, std::size_t size) {
  reading_ = false;
  if (phase_ == Phase::closed) return;
  if (failed) return on_end_of_input(failed);
  shared_->counters.bytes_in += size;
  input_.append(buffer_.data(), size);
  pump();
}

void Connection::on_end_of_input(std::error_code why) {
  input_ended_ = true;
  keep_alive_ = false;
  const auto self = shared_from_this();
  const auto exchange = exchange_.lock();
  if (phase_ == Phase::serving) {
    // Whoever ended only its own half still reads the reply.
    if (!request_ended_) body_failed({400, "cut_body", "the request ended before its body was complete"});
    if (exchange != nullptr && !reply_ended_) exchange->client_gone();
    if (why == asio::error::connection_reset || why == asio::error::broken_pipe) return close();
    return pump();
  }
  if (phase_ == Phase::closing) return;
  if (phase_ == Phase::head && parser_.in_request()) shared_->refused("cut_head");
  close();
}

void Connection::pump() {
  if (pumping_) return;
  pumping_ = true;
  const auto self = shared_from_this();
  while (advance()) {
  }
  pumping_ = false;
  read_more();
}

bool Connection::advance() {
  switch (phase_) {
    case Phase::head: return advance_head();
    case Phase::serving: return advance_body() || end_exchange();
    case Phase::closing:
      if (queued_bytes() == 0) linger();
      return false;
    case Phase::lingering:
      discarded_ += input_.size();
      input_.clear();
      if (discarded_ > shared_->options.limits.discarded_bytes_max) close();
      return false;
    case Phase::handshake:
    case Phase::closed: return false;
  }
  return false;
}

bool Connection::advance_head() {
  if (input_.empty()) return false;
  const bool was_in_request = parser_.in_request();
  const RequestParser::Step step = parser_.step(input_);
  input_.erase(0, step.consumed);
  if (!was_in_request) since_ = shared_->now;
  if (step.event == RequestParser::Event::failed) {
    refuse_request(parser_.refusal());
    return true;
  }
  if (step.event != RequestParser::Event::head) return false;
  begin_exchange();
  return true;
}

void Connection::refuse_request(const Refusal& refusal) {
  shared_->refused(refusal.kind);
  keep_alive_ = false;
  head_only_ = false;
  phase_ = Phase::closing;
  send_refusal(refusal, {});
}

void Connection::turn_away(const Refusal& refusal) {
  shared_->refused(refusal.kind);
  keep_alive_ = false;
  phase_ = Phase::closing;
  send_refusal(refusal, {});
}

void Connection::begin_exchange() {
  Request request{parser_.take_head(), {}, remote_};
  const RequestHead& head = request.head;
  phase_ = Phase::serving;
  ++shared_->counters.requests;
  ++shared_->counters.open_replies;
  head_only_ = head.method == "HEAD";
  minor_version_ = head.minor_version;
  length_left_ = head.chunked ? std::nullopt : std::optional<std::uint64_t>(head.content_length.value_or(0));
  expects_continue_ = head.expects_continue && head.has_body();
  keep_alive_ =
      head.keep_alive && !shared_->stopping && !input_ended_ && ++requests_ < shared_->options.limits.pipelined_requests_max;
  request_ended_ = begun_ = reply_ended_ = reads_whole_ = false;
  framing_ = Framing::length;
  body_.clear();
  body_error_.reset();
  discarded_ = 0;
  since_ = body_since_ = shared_->now;

  const auto exchange = std::make_shared<Exchange>(weak_from_this(), std::move(request));
  present_ = exchange.get();
  exchange_ = exchange;
  // A short request is complete before its handler runs, so that whatever the handler does, the connection can go on.
  while (advance_body()) {
  }
  if (reply_ended_) return;
  try {
    shared_->handler(exchange);
  } catch (const std::exception& thrown) {
    shared_->log.error("an HTTP handler failed", {{"path", exchange->request().head.path}, {"why", thrown.what()}});
    exchange->refuse({500, "internal", "the handler failed"});
  }
}

bool Connection::end_exchange() {
  if (phase_ != Phase::serving || !reply_ended_ || queued_bytes() > 0) return false;
  if (!keep_alive_) {
    phase_ = Phase::closing;
    return true;
  }
  if (!request_ended_) return false;
  present_ = nullptr;
  phase_ = Phase::head;
  since_ = shared_->now;
  if (shared_->stopping) {
    close();
    return false;
  }
  return true;
}

void Connection::linger() {
  phase_ = Phase::lingering;
  since_ = shared_->now;
  discarded_ = 0;
  input_.clear();
  if (input_ended_) return close();
  // The end of the other side's input comes next; the reader sees it, or the deadline.
  channel_->end_sending([self = shared_from_this()](std::error_code) {});
}

void Connection::sweep() {
  const auto self = shared_from_this();
  const Limits& limits = shared_->options.limits;
  const auto passed = [this](Instant from, Duration most) { return shared_->now - from > most; };
  if (queued_bytes() > 0 && passed(wrote_, limits.write_stall_max)) {
    shared_->refused("slow_reader");
    return close();
  }
  switch (phase_) {
    case Phase::handshake:
      if (!passed(since_, limits.handshake_deadline)) return;
      shared_->refused("handshake_timeout");
      return close();
    case Phase::head:
      if (parser_.in_request() && passed(since_, limits.head_deadline)) {
        refuse_request({408, "head_timeout", "the headers did not come in time"});
        return pump();
      }
      if (parser_.in_request() || !passed(since_, limits.idle_max)) return;
      shared_->refused("idle");
      return close();
    case Phase::serving:
      if (body_waits() && passed(body_since_, limits.body_deadline)) {
        body_failed({408, "body_timeout", "the body did not come in time"});
        pump();
      }
      return;
    case Phase::lingering:
      if (passed(since_, limits.linger_max)) close();
      return;
    case Phase::closing:
    case Phase::closed: return;
  }
}

void Connection::stop() {
  keep_alive_ = false;
  if (phase_ == Phase::handshake || (phase_ == Phase::head && !parser_.in_request())) close();
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  if (phase_ == Phase::serving && !reply_ended_) --shared_->counters.open_replies;
  phase_ = Phase::closed;
  present_ = nullptr;
  channel_->close();
  out_.clear();
  shared_->connections.erase(self);
  shared_->counters.connections = shared_->connections.size();
  if (auto reader = std::exchange(reader_, nullptr)) reader(fail(Errc::connection_lost, "the client is gone"));
  if (const auto exchange = exchange_.lock()) exchange->client_gone();
  wake_waiters();
}

}  // namespace conclave::http
