#include "connection.hpp"

namespace conclave::http {

bool Connection::advance_body() {
  if (request_ended_ || phase_ != Phase::serving) return false;
  const bool full = body_.size() >= shared_->options.limits.body_queue_bytes_max && !reads_whole_ && !reply_ended_;
  if (full) return false;
  const RequestParser::Step step = parser_.step(input_);
  input_.erase(0, step.consumed);
  switch (step.event) {
    case RequestParser::Event::body: take_body(parser_.body()); return phase_ == Phase::serving;
    case RequestParser::Event::end:
      request_ended_ = true;
      deliver_body();
      return true;
    case RequestParser::Event::failed: body_failed(parser_.refusal()); return true;
    case RequestParser::Event::more:
    case RequestParser::Event::head: return false;
  }
  return false;
}

void Connection::take_body(std::string_view piece) {
  const Limits& limits = shared_->options.limits;
  if (length_left_) *length_left_ -= piece.size();
  expects_continue_ = false;
  if (reply_ended_) {
    discarded_ += piece.size();
    if (discarded_ > limits.discarded_bytes_max) keep_alive_ = false;
    return;
  }
  body_.append(piece);
  if (reads_whole_ && body_.size() > limits.body_bytes_max) {
    return body_failed({413, "body_too_large", "the body is larger than " + std::to_string(limits.body_bytes_max) + " bytes"});
  }
  deliver_body();
}

void Connection::deliver_body() {
  if (!reader_) return;
  if (body_error_.has_value()) return std::exchange(reader_, nullptr)(fail(*body_error_));
  if (request_ended_ || (!reads_whole_ && !body_.empty())) {
    reads_whole_ = false;
    std::exchange(reader_, nullptr)(std::exchange(body_, {}));
  }
}

bool Connection::body_waits() const { return !request_ended_ && (reads_whole_ || reply_ended_); }

void Connection::body_failed(const Refusal& refusal) {
  if (body_error_.has_value()) return;
  const auto self = shared_from_this();
  shared_->refused(refusal.kind);
  request_ended_ = true;
  keep_alive_ = false;
  reads_whole_ = false;
  body_error_ = Error{Errc::malformed, refusal.text};
  body_.clear();
  if (!begun_ && !reply_ended_) {
    send_refusal(refusal, {});
    if (const auto exchange = exchange_.lock()) exchange->answered();
  }
  deliver_body();
}

void Connection::read(const Exchange& exchange, bool whole, std::function<void(Result<std::string>)> then) {
  const auto self = shared_from_this();
  const Limits& limits = shared_->options.limits;
  if (body_error_.has_value() && &exchange == present_) return then(fail(*body_error_));
  if (!is_present(exchange)) return then(fail(Errc::connection_lost, "the client is gone"));
  if (reader_) return then(fail(Errc::invalid_argument, "the body is being read already"));
  reader_ = std::move(then);
  reads_whole_ = whole;
  body_since_ = shared_->now;
  const bool told_too_large = length_left_.value_or(0) > limits.body_bytes_max;
  if (whole && (told_too_large || body_.size() > limits.body_bytes_max)) {
    return body_failed({413, "body_too_large", "the body is larger than " + std::to_string(limits.body_bytes_max) + " bytes"});
  }
  if (std::exchange(expects_continue_, false) && !request_ended_ && !begun_) send("HTTP/1.1 100 Continue\r\n\r\n");
  deliver_body();
  pump();
}

}  // namespace conclave::http
