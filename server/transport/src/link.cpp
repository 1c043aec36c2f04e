#include "link.hpp"

#include <sys/socket.h>

#include <array>
#include <asio/post.hpp>

#include "conclave/protocol/handshake.hpp"

namespace conclave::transport {
namespace {

using protocol::FrameKind;

/// The first bytes of a TLS record that carries a handshake.
bool looks_like_tls(ByteView bytes) { return bytes.size() >= 2 && bytes[0] == 0x16 && bytes[1] == 0x03; }

}  // namespace

Link::Link(Hub& hub, Stream stream, Options options)
    : hub_(hub), options_(std::move(options)), stream_(std::move(stream)), parser_(protocol::hello_bytes_max) {}

void Link::start() {
  opened_ = heard_ = pinged_ = progressed_ = hub_.patience();
  hub_.add(shared_from_this());
  if (options_.accepted && stream_.ssl() != nullptr) {
    wait_readable();  // the first bytes tell TLS from plain text
  } else {
    secure();
  }
}

// --- Input
// ----------------------------------------------------------------------------------------------------------------------------

void Link::secure() {
  if (options_.accepted && stream_.ssl() != nullptr && !first_bytes_seen_) {
    std::array<char, 2> peeked{};
    const ssize_t count = ::recv(stream_.socket().native_handle(), peeked.data(), peeked.size(), MSG_PEEK);
    if (count > 0 && speaks_other_language(ByteView(peeked.data(), static_cast<std::size_t>(count)))) return;
  }
  const IoResult result = stream_.handshake();
  if (result.state == IoState::wait_read || result.state == IoState::wait_write) return wait_for(result.state);
  if (result.state != IoState::done) {
    const std::string what = result.state == IoState::ended ? "the other side gave up the TLS handshake: " : "";
    return refuse(Refusal::tls_failed, what + result.why);
  }
  secured_ = true;
  on_secured();
  if (open_) read();
}

bool Link::speaks_other_language(ByteView first) {
  first_bytes_seen_ = true;
  if (!options_.accepted) return false;
  if (stream_.ssl() == nullptr && looks_like_tls(first)) {
    refuse(Refusal::tls_on_plain, "TLS on a port without TLS");
  } else if (stream_.ssl() != nullptr && first[0] != 0x16) {
    refuse(Refusal::plain_on_tls, "plain text on a TLS port");
  }
  return !open_;
}

void Link::read() {
  std::size_t total = 0;
  while (open_ && wants_input() && total < hub_.config.limits.read_bytes_per_pass) {
    if (!take_input(total)) return;
  }
  if (!open_) return;
  if (!wants_input()) {
    input_held_ = true;
  } else {
    continue_reading();
  }
}

/// False when there is nothing more to read for now and the wait for more is arranged, or the link ended.
bool Link::take_input(std::size_t& total) {
  const std::span<char> space = parser_.space();
  const IoResult result = stream_.read(space);
  if (result.state == IoState::ended || result.state == IoState::failed) {
    input_ended(result);
    return false;
  }
  if (result.state != IoState::done) {
    wait_for(result.state);
    return false;
  }
  const ByteView bytes(space.data(), result.bytes);
  if (!first_bytes_seen_ && speaks_other_language(bytes)) return false;
  total += result.bytes;
  hub_.counters.bytes_in += result.bytes;
  heard_ = hub_.patience();
  parser_.received(result.bytes);
  take_frames();
  // A short read of a plain socket has emptied it: asking again would only cost a call.
  if (open_ && wants_input() && stream_.ssl() == nullptr && result.bytes < space.size()) {
    wait_readable();
    return false;
  }
  return true;
}

void Link::take_frames() {
  while (open_ && wants_input()) {
    auto next = parser_.next();
    if (!next.has_value()) {
      refuse(next.error().code == Errc::too_large ? Refusal::too_large : Refusal::malformed, next.error().context, next.error());
      return;
    }
    if (!next->has_value()) return;
    ++hub_.counters.frames_in;
    take_frame(std::move(**next));
  }
}

void Link::take_frame(protocol::Frame frame) {
  if (established_ && frame.kind == FrameKind::ping) {
    send(protocol::encode_pong(frame.id), {.urgent = true});
  } else if (established_ && frame.kind == FrameKind::pong) {
    // Having heard it is all there is to it.
  } else {
    on_frame(std::move(frame));
  }
}

void Link::continue_reading() {
  if (std::exchange(read_posted_, true)) return;
  asio::post(hub_.io, [self = shared_from_this()] {
    self->read_posted_ = false;
    if (self->open_) self->read();
  });
}

void Link::input_ended(const IoResult& result) {
  if (result.state == IoState::ended && parser_.buffered() == 0) return finish(true, result.why);
  if (result.state == IoState::ended) {
    const std::string detail = "ended after " + std::to_string(parser_.buffered()) + " bytes of a frame";
    hub_.refused(Refusal::cut_frame, options_.port, remote(), detail);
    return finish(true, detail);
  }
  if (stream_.ssl() != nullptr) return refuse(Refusal::tls_failed, result.why);
  finish(false, result.why);
}

// --- Output
// ---------------------------------------------------------------------------------------------------------------------------

bool Link::send(protocol::OutFrame frame, Outbox::Options options) {
  if (!open_ || outbox_.bytes() + frame.size() > options_.queue_bytes_max) return false;
  if (outbox_.empty()) progressed_ = hub_.patience();
  outbox_.push(std::move(frame), options);
  ++hub_.counters.frames_out;
  if ((!listed_ || options.order < *listed_) && !write_waits_ && secured_) {
    listed_ = options.order;
    hub_.mark_dirty(shared_from_this(), options.order);
  }
  return true;
}

void Link::flush() {
  listed_.reset();
  if (!open_ || !secured_) return;
  const IoResult result = outbox_.write_to(stream_, hub_.config.limits.write_bytes_per_pass);
  if (result.bytes != 0) {
    hub_.counters.bytes_out += result.bytes;
    ++hub_.counters.writes;
    progressed_ = hub_.patience();
  }
  if (const std::size_t credit = outbox_.take_credit(); credit != 0) on_credit(credit);
  if (result.state == IoState::ended || result.state == IoState::failed) return finish(result.state == IoState::ended, result.why);
  if (result.state == IoState::wait_read) return wait_readable();
  if (!outbox_.empty()) wait_writable();
  if (input_held_ && wants_input()) {
    input_held_ = false;
    take_frames();
    if (open_) continue_reading();
  }
}

// --- Waiting
// --------------------------------------------------------------------------------------------------------------------------

void Link::wait_for(IoState state) {
  if (state == IoState::wait_write) {
    wait_writable();
  } else {
    wait_readable();
  }
}

void Link::wait_readable() {
  if (read_waits_) return;
  read_waits_ = true;
  stream_.socket().async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](std::error_code failed) {
    self->read_waits_ = false;
    if (!self->open_ || failed) return;
    if (!self->secured_) return self->secure();
    self->read();
    // With TLS a write may have waited for input.
    if (self->open_ && !self->outbox_.empty() && !self->write_waits_) self->flush();
  });
}

void Link::wait_writable() {
  if (write_waits_) return;
  write_waits_ = true;
  stream_.socket().async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](std::error_code failed) {
    self->write_waits_ = false;
    if (!self->open_ || failed) return;
    if (!self->secured_) return self->secure();
    self->flush();
    // With TLS reading may have waited for output.
    if (self->open_ && !self->read_waits_ && !self->input_held_) self->continue_reading();
  });
}

// --- State
// ----------------------------------------------------------------------------------------------------------------------------

void Link::established(std::size_t payload_bytes_max) {
  established_ = true;
  parser_.set_limit(payload_bytes_max);
}

void Link::check_deadlines(Instant now) {
  if (!open_) return;
  const Limits& limits = hub_.config.limits;
  if (!established_) {
    if (now - opened_ > limits.handshake_deadline) refuse(Refusal::handshake_timeout, "no complete handshake");
    return;
  }
  if (!outbox_.empty() && now - progressed_ > limits.write_stall_max) return refuse(Refusal::slow, "does not read");
  if (input_held_) return;  // its silence is our doing
  if (now - heard_ > options_.silence_max) return refuse(Refusal::silent, "no answer to a ping");
  if (now - heard_ > options_.ping_interval && now - pinged_ > options_.ping_interval) {
    pinged_ = now;
    send(protocol::encode_ping(++ping_id_), {.urgent = true});
  }
}

void Link::close(const std::optional<Error>& farewell) {
  if (!open_) return;
  if (farewell && secured_) {
    outbox_.push({protocol::encode_farewell(*farewell), {}}, {});
    static_cast<void>(outbox_.write_to(stream_, hub_.config.limits.write_bytes_per_pass));  // as far as it goes without waiting
  }
  finish(false, farewell ? farewell->message() : "closed");
}

void Link::refuse(Refusal refusal, const std::string& detail, const std::optional<Error>& farewell) {
  if (!open_) return;
  if (options_.accepted) {
    hub_.refused(refusal, options_.port, remote(), detail);
  } else {
    hub_.count(refusal);  // whoever dialled logs why, once and not at every attempt
  }
  if (farewell) return close(farewell);
  finish(false, detail);
}

void Link::finish(bool by_other_side, const std::string& why) {
  if (!open_) return;
  open_ = false;
  stream_.close();
  on_closed(by_other_side, why);
}

}  // namespace conclave::transport
