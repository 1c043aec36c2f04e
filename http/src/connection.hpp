#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "channel.hpp"
#include "conclave/http/exchange.hpp"
#include "conclave/http_core/request_parser.hpp"
#include "conclave/http_core/response.hpp"
#include "shared.hpp"

namespace conclave::http {

/// One connection: reads requests one after the other, hands each to the handler, writes replies, keeps deadlines. Input that
/// nobody takes yet waits in a bounded buffer; beyond that the socket is not read.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Shared> shared, std::unique_ptr<Channel> channel);

  void start();
  /// Looks at the deadlines.
  void sweep();
  /// Closes if nothing is going on; otherwise after the present reply.
  void stop();
  void close();
  /// Answers once, to a client that there is no room for, and closes.
  void turn_away(const Refusal& refusal);

  // For exchanges; calls for another than the present one do nothing.
  void read(const Exchange& exchange, bool whole, std::function<void(Result<std::string>)> then);
  void reply(const Exchange& exchange, Reply reply);
  void refuse(const Exchange& exchange, const Refusal& refusal, Fields fields);
  void begin(const Exchange& exchange, int status, Fields fields);
  [[nodiscard]] bool write(const Exchange& exchange, std::string_view text);
  void finish(const Exchange& exchange, std::string_view text);
  void dropped(const Exchange& exchange, bool begun, bool finished);
  void when_queued_below(std::size_t bytes, std::function<void()> then);
  [[nodiscard]] std::size_t queued_bytes() const { return out_.size() + in_flight_.size() - written_; }

 private:
  enum class Phase {
    handshake,
    head,       ///< a request's head is awaited or half there
    serving,    ///< an exchange is there: its body is read, its reply written
    closing,    ///< the last reply is being written
    lingering,  ///< everything is written; the other side is to close
    closed,
  };
  struct Waiter {
    std::size_t bytes = 0;
    std::function<void()> then;
  };

  // Input (connection.cpp).
  void read_more();
  void on_read(std::error_code failed, std::size_t size);
  void on_end_of_input(std::error_code why);
  void pump();
  [[nodiscard]] bool advance();
  [[nodiscard]] bool advance_head();
  [[nodiscard]] bool advance_body();
  void begin_exchange();
  [[nodiscard]] bool end_exchange();
  void refuse_request(const Refusal& refusal);
  void linger();

  // Bodies (connection_body.cpp).
  void take_body(std::string_view piece);
  void deliver_body();
  void body_failed(const Refusal& refusal);
  [[nodiscard]] bool body_waits() const;

  // Output (connection_reply.cpp).
  [[nodiscard]] bool is_present(const Exchange& exchange) const {
    return phase_ == Phase::serving && &exchange == present_ && !reply_ended_;
  }
  void send_head(int status, Fields fields, Framing framing, std::uint64_t length);
  void send_refusal(const Refusal& refusal, Fields fields);
  void end_reply();
  void send(std::string_view text);
  void write_some();
  void on_written(std::error_code failed, std::size_t size);
  void wake_waiters();

  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Channel> channel_;
  RequestParser parser_;
  Remote remote_;
  Phase phase_ = Phase::handshake;
  Instant since_;  // the beginning of what the phase waits for
  std::size_t requests_ = 0;
  bool pumping_ = false;

  std::array<char, 16 * 1024> buffer_{};
  std::string input_;
  bool reading_ = false;
  bool input_ended_ = false;

  // The present exchange.
  const Exchange* present_ = nullptr;
  std::weak_ptr<Exchange> exchange_;
  bool head_only_ = false;
  int minor_version_ = 1;
  std::optional<std::uint64_t> length_left_;  // of the body, if it was told
  bool expects_continue_ = false;
  bool request_ended_ = false;
  bool begun_ = false;
  bool reply_ended_ = false;
  bool keep_alive_ = true;
  Framing framing_ = Framing::length;
  std::string body_;
  std::optional<Error> body_error_;
  std::function<void(Result<std::string>)> reader_;
  bool reads_whole_ = false;
  Instant body_since_{};
  std::size_t discarded_ = 0;

  std::string out_;
  std::string in_flight_;
  std::size_t written_ = 0;
  Instant wrote_{};
  std::vector<Waiter> waiters_;
};

}  // namespace conclave::http
