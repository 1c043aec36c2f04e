#include "connection.hpp"

namespace conclave::http {
namespace {

bool has_no_body(int status) { return status == 204 || status == 304 || (status >= 100 && status < 200); }

}  // namespace

void Connection::send_head(int status, Fields fields, Framing framing, std::uint64_t length) {
  // Where the rest of the body would be awaited for long, or was never asked for, the connection ends with this reply.
  const bool long_body =
      !length_left_.has_value() || *length_left_ > shared_->options.limits.discarded_bytes_max || expects_continue_;
  if (phase_ == Phase::serving && !request_ended_ && long_body) keep_alive_ = false;
  framing_ = has_no_body(status) ? Framing::none : framing;
  if (framing_ == Framing::close) keep_alive_ = false;
  const auto family = static_cast<std::size_t>(status / 100);
  if (family < shared_->counters.replies.size()) ++shared_->counters.replies[family];
  ResponseHead head{status, std::move(fields), framing_, length, keep_alive_, shared_->date, shared_->options.server_name};
  begun_ = true;
  out_ += render_head(head);
}

void Connection::send_refusal(const Refusal& refusal, Fields fields) {
  const std::string body = shared_->options.error_body(refusal);
  fields.set("Content-Type", shared_->options.error_content_type);
  send_head(refusal.status, std::move(fields), Framing::length, body.size());
  send(head_only_ ? std::string_view() : std::string_view(body));
  if (phase_ == Phase::serving) end_reply();
}

void Connection::end_reply() {
  if (reply_ended_) return;
  reply_ended_ = true;
  --shared_->counters.open_replies;
  body_.clear();
  body_since_ = shared_->now;
  // The loop that called the handler goes on by itself; otherwise it is started here.
  pump();
}

void Connection::reply(const Exchange& exchange, Reply reply) {
  if (!is_present(exchange) || begun_) return;
  const auto self = shared_from_this();
  if (!reply.content_type.empty()) reply.fields.set("Content-Type", reply.content_type);
  send_head(reply.status, std::move(reply.fields), Framing::length, reply.body.size());
  const bool bare = head_only_ || framing_ == Framing::none;
  send(bare ? std::string_view() : std::string_view(reply.body));
  end_reply();
}

void Connection::refuse(const Exchange& exchange, const Refusal& refusal, Fields fields) {
  if (!is_present(exchange) || begun_) return;
  const auto self = shared_from_this();
  shared_->refused(refusal.kind);
  send_refusal(refusal, std::move(fields));
}

void Connection::begin(const Exchange& exchange, int status, Fields fields) {
  if (!is_present(exchange) || begun_) return;
  const auto self = shared_from_this();
  send_head(status, std::move(fields), minor_version_ == 0 ? Framing::close : Framing::chunked, 0);
  send({});
}

bool Connection::write(const Exchange& exchange, std::string_view text) {
  if (!is_present(exchange) || !begun_) return false;
  const auto self = shared_from_this();
  if (head_only_ || framing_ == Framing::none || text.empty()) return true;
  if (queued_bytes() + text.size() > shared_->options.limits.queued_bytes_max) {
    shared_->refused("slow_reader");
    close();
    return false;
  }
  if (framing_ == Framing::chunked) {
    append_chunk(out_, text);
    send({});
  } else {
    send(text);
  }
  return phase_ == Phase::serving;
}

void Connection::finish(const Exchange& exchange, std::string_view text) {
  if (!is_present(exchange) || !begun_) return;
  const auto self = shared_from_this();
  if (!head_only_ && framing_ == Framing::chunked) {
    append_chunk(out_, text);
    send(last_chunk);
  } else if (!head_only_ && framing_ != Framing::none) {
    send(text);
  }
  end_reply();
}

void Connection::dropped(const Exchange& exchange, bool begun, bool finished) {
  if (finished || !is_present(exchange)) return;
  const auto self = shared_from_this();
  shared_->log.error("an HTTP handler did not answer", {{"begun", begun ? "yes" : "no"}});
  if (begun) return close();
  present_ = nullptr;
  send_refusal({500, "internal", "the handler did not answer"}, {});
}

void Connection::send(std::string_view text) {
  out_.append(text);
  if (!in_flight_.empty() || out_.empty() || phase_ == Phase::closed) return;
  in_flight_.swap(out_);
  written_ = 0;
  wrote_ = shared_->now;
  write_some();
}

void Connection::write_some() {
  channel_->write_some(std::string_view(in_flight_).substr(written_),
                       [self = shared_from_this()](std::error_code failed, std::size_t size) { self->on_written(failed, size); });
}

void Connection::on_written(std::error_code failed, std::size_t size) {
  if (phase_ == Phase::closed) return;
  if (failed) return close();
  written_ += size;
  wrote_ = shared_->now;
  shared_->counters.bytes_out += size;
  if (written_ < in_flight_.size()) {
    write_some();
  } else {
    in_flight_.clear();
    written_ = 0;
    send({});
  }
  wake_waiters();
  pump();
}

void Connection::when_queued_below(std::size_t bytes, std::function<void()> then) {
  if (phase_ == Phase::closed || queued_bytes() < bytes) return then();
  waiters_.push_back({bytes, std::move(then)});
}

void Connection::wake_waiters() {
  const auto self = shared_from_this();
  std::vector<Waiter> ready;
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    const bool wake = phase_ == Phase::closed || queued_bytes() < it->bytes;
    if (wake) ready.push_back(std::move(*it));
    it = wake ? waiters_.erase(it) : it + 1;
  }
  for (const Waiter& waiter : ready) waiter.then();
}

}  // namespace conclave::http
