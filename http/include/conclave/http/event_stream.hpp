#pragma once

#include <memory>
#include <string_view>

#include "conclave/base/time.hpp"
#include "conclave/http/exchange.hpp"
#include "conclave/http_core/response.hpp"

namespace asio {
class io_context;
}

namespace conclave::http {

/// A reply of server-sent events (text/event-stream). Sends a comment every `heartbeat`, so that proxies keep the connection and a
/// client that is gone is noticed. A browser that connects again says in last_event_id() what it saw last.
class EventStream {
 public:
  /// Begins the reply. `retry`: what browsers are told to wait before they connect again.
  EventStream(asio::io_context& io, ExchangePtr exchange, Duration heartbeat = seconds(15), Duration retry = seconds(2));
  ~EventStream();
  EventStream(EventStream&&) noexcept;
  EventStream& operator=(EventStream&&) noexcept;

  /// False if the client is gone.
  bool send(const ServerEvent& event);
  void finish();
  [[nodiscard]] bool gone() const;
  [[nodiscard]] const ExchangePtr& exchange() const;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

/// The header Last-Event-ID, or the parameter last_event_id for browsers that open a stream anew; empty if there is neither.
[[nodiscard]] std::string_view last_event_id(const Request& request);

}  // namespace conclave::http
