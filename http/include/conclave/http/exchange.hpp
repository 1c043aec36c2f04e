#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "conclave/base/result.hpp"
#include "conclave/http_core/message.hpp"

namespace conclave::http {

class Connection;

/// Who asks.
struct Remote {
  std::string address;  ///< without port
  std::uint16_t port = 0;
  bool tls = false;
  std::string common_name;  ///< of the certificate that was shown and verified; else empty
};

struct Request {
  RequestHead head;
  Parameters parts;  ///< of the path, named by the route
  Remote remote;
};

struct Reply {
  int status = 200;
  std::string body{};
  std::string content_type = "application/json";  ///< empty: no such header
  Fields fields{};
};

/// One request and its reply. Handlers get it as a shared_ptr and keep it until they have answered; if the last one goes without an
/// answer, the client gets 500 (or, within a streamed reply, the connection is closed). When the client goes, everything here does
/// nothing more and pending reads fail. All of it is called on the thread of the server, also from plain callbacks; for a handler
/// on another thread there is hand_over().
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  /// What a handler made of a request.
  using Outcome = std::variant<Reply, std::pair<Refusal, Fields>>;

  Exchange(std::weak_ptr<Connection> connection, Request request);
  /// Without a connection: `outcome` is called once with what the handler answers, a refusal if it does not. Such an exchange can
  /// neither read a body nor stream.
  Exchange(Request request, std::function<void(Outcome)> outcome);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] Request& request() { return request_; }

  /// The whole body. If it is too large, malformed, cut or late, the client has been told so already: `then` gets the error and
  /// just returns.
  void read_body(std::function<void(Result<std::string>)> then);
  /// The next piece of the body as it arrives; empty at its end. Without a deadline, so that a client may send and listen by turns
  /// for as long as it likes. One read at a time. Errors as with read_body, if no reply was begun.
  void read_piece(std::function<void(Result<std::string>)> then);

  /// Lines for the head of whatever reply comes, unless it has lines of that name itself.
  void add_fields(Fields fields) { extra_ = std::move(fields); }

  /// Answers, once. Nothing happens if there is an answer already or nobody is there.
  void reply(Reply reply);
  /// Answers with the server's kind of error body.
  void refuse(const Refusal& refusal, Fields fields = {});

  /// Begins a reply of unknown length: status and headers go out at once.
  void begin(int status, Fields fields);
  /// One chunk, on its way at once. False if the client is gone, or was so far behind that it is now.
  bool write(std::string_view text);
  /// The end of the reply that was begun.
  void finish();
  /// One last chunk and the end, in one piece.
  void finish(std::string_view text);
  /// Ends the connection within a reply, so that the client knows that it is cut.
  void abort();

  /// Bytes that the client has not taken yet.
  [[nodiscard]] std::size_t queued_bytes() const;
  /// Calls `then` as soon as fewer than `bytes` wait; also when the client goes.
  void when_queued_below(std::size_t bytes, std::function<void()> then);
  /// Called once when the client has gone, or ended its half of the connection, before the reply was finished. At once if it has.
  void on_gone(std::function<void()> then);

  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] bool gone() const { return gone_; }

 private:
  friend class Connection;
  void client_gone();
  void answered() { begun_ = finished_ = true; }
  [[nodiscard]] Fields with_extra(Fields fields) const;

  std::weak_ptr<Connection> connection_;
  Request request_;
  Fields extra_;
  std::function<void(Outcome)> outcome_;
  bool begun_ = false;
  bool finished_ = false;
  bool gone_ = false;
  std::function<void()> on_gone_;
};

using ExchangePtr = std::shared_ptr<Exchange>;
using Handler = std::function<void(const ExchangePtr&)>;

}  // namespace conclave::http
