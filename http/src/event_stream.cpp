#include "conclave/http/event_stream.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

namespace conclave::http {

struct EventStream::Parts : std::enable_shared_from_this<EventStream::Parts> {
  Parts(asio::io_context& io, ExchangePtr with, Duration every) : exchange(std::move(with)), heartbeat(every), timer(io) {}

  void beat() {
    timer.expires_after(heartbeat);
    timer.async_wait([weak = weak_from_this()](std::error_code cancelled) {
      const auto self = weak.lock();
      if (cancelled || self == nullptr || !self->exchange->write(": still here\n\n")) return;
      self->beat();
    });
  }

  ExchangePtr exchange;
  Duration heartbeat;
  asio::steady_timer timer;
};

EventStream::EventStream(asio::io_context& io, ExchangePtr exchange, Duration heartbeat, Duration retry)
    : parts_(std::make_shared<Parts>(io, std::move(exchange), heartbeat)) {
  // X-Accel-Buffering tells proxies that understand it to pass each event on at once.
  parts_->exchange->begin(200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}});
  parts_->exchange->write("retry: " + std::to_string(retry / milliseconds(1)) + "\n\n");
  parts_->beat();
}

EventStream::~EventStream() = default;
EventStream::EventStream(EventStream&&) noexcept = default;
EventStream& EventStream::operator=(EventStream&&) noexcept = default;

bool EventStream::send(const ServerEvent& event) { return parts_->exchange->write(render_event(event)); }
void EventStream::finish() { parts_->exchange->finish(); }
bool EventStream::gone() const { return parts_->exchange->gone(); }
const ExchangePtr& EventStream::exchange() const { return parts_->exchange; }

std::string_view last_event_id(const Request& request) {
  const std::string_view header = request.head.fields.get("last-event-id");
  return header.empty() ? request.head.parameters.get("last_event_id") : header;
}

}  // namespace conclave::http
