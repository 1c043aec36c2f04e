#include "streams.hpp"

namespace conclave::scheduler::api {
namespace {

constexpr std::size_t queued_max = 64 * 1024;
constexpr Duration age_every = seconds(5);

}  // namespace

void Streams::stop() {
  timer_.cancel();
  const auto all = std::exchange(streams_, {});
  for (const StreamPtr& stream : all) stream->events.finish();
}

void Streams::add(const http::ExchangePtr& exchange, std::optional<Revision> seen) {
  const auto stream = std::make_shared<Stream>(io_, exchange);
  stream->seen = seen;
  streams_.insert(stream);
  exchange->on_gone([weak = weak_from_this(), stream] {
    stream->events.exchange()->abort();
    if (const auto self = weak.lock()) self->streams_.erase(stream);
  });
  send(stream);
}

void Streams::changed() {
  const auto all = streams_;  // one that is gone leaves
  for (const StreamPtr& stream : all) send(stream);
}

/// As much as it takes.
void Streams::send(const StreamPtr& stream) {
  if (stream->is_behind || !live_.is_filled()) return;
  const http::ExchangePtr& exchange = stream->events.exchange();
  while (!exchange->gone() && exchange->queued_bytes() < queued_max)
    if (!send_one(*stream)) return;
  if (exchange->gone()) return;
  stream->is_behind = true;
  exchange->when_queued_below(queued_max / 2, [weak = weak_from_this(), later = std::weak_ptr<Stream>(stream)] {
    const auto self = weak.lock();
    const auto again = later.lock();
    if (self == nullptr || again == nullptr) return;
    again->is_behind = false;
    self->send(again);
  });
}

/// False if there is nothing to send.
bool Streams::send_one(Stream& stream) {
  const http::ExchangePtr& exchange = stream.events.exchange();
  if (stream.piece) {
    const Live::Piece piece = live_.piece_from(*stream.piece);
    stream.piece = piece.next;
    if (!exchange->write(piece.text)) return false;
    if (stream.piece) return true;
    stream.seen = stream.since;
    return exchange->write(Live::ready_text(stream.since));
  }
  if (!stream.seen || !live_.feed().reaches_back_to(*stream.seen)) {
    ++pictures_;
    stream.piece = "";
    stream.since = live_.revision();
    return exchange->write(live_.begin_text());
  }
  const Feed::Entry* const entry = live_.feed().after(*stream.seen);
  if (entry == nullptr) return false;
  stream.seen = entry->revision;
  return exchange->write(*entry->text);
}

/// Tells those who are not behind how old what they see can be, so that a page knows when it is cut off and when the store is.
void Streams::beat() {
  timer_.expires_after(age_every);
  timer_.async_wait([weak = weak_from_this()](std::error_code cancelled) {
    const auto self = weak.lock();
    if (cancelled || self == nullptr) return;
    const auto age = self->age_();
    const std::string text = age ? std::to_string(*age / milliseconds(1)) : "null";
    const auto all = self->streams_;
    for (const StreamPtr& stream : all)
      if (!stream->is_behind) stream->events.send({{}, "age", "{\"age_ms\":" + text + "}"});
    self->beat();
  });
}

}  // namespace conclave::scheduler::api
