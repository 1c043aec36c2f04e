#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "conclave/gateway_core/json_splitter.hpp"
#include "conclave/http/exchange.hpp"
#include "election_observer.hpp"
#include "keep_alive.hpp"
#include "watch_stream.hpp"

namespace conclave::gateway {

/// A reply that is a row of lines and a body that is a row of requests, at the same time: watch, lease keep-alive, and following an
/// election. Each line is one chunk.
class StreamSession final : public LineSink, public std::enable_shared_from_this<StreamSession> {
 public:
  enum class Kind : std::uint8_t { watch, keep_alive, observe };
  /// `closed` is called once, when nothing will come of the session any more; it must not be destroyed within the call.
  StreamSession(const CallContext& context, http::ExchangePtr exchange, http::Fields fields, std::function<void()> closed)
      : context_(context),
        exchange_(std::move(exchange)),
        fields_(std::move(fields)),
        closed_(std::move(closed)),
        splitter_(context.settings.json) {}

  void start(Kind kind);
  /// After `closed`, before it is destroyed: a connection on which nothing more will come is ended.
  void release();

  void send(const std::string& line) override;
  void owe(std::size_t credit) override;
  void finish() override;
  void fail(const ApiError& why) override;

 private:
  void read_next();
  void on_piece(const Result<std::string>& piece);
  void take(const std::string& object);
  void give_back();
  void close();

  const CallContext& context_;
  http::ExchangePtr exchange_;
  http::Fields fields_;
  std::function<void()> closed_;
  JsonSplitter splitter_;
  std::unique_ptr<WatchStream> watch_;
  std::shared_ptr<KeepAliveStream> keep_alive_;
  std::unique_ptr<ElectionObserver> observer_;
  std::size_t owed_ = 0;  // credit of lines whose leaving was not told to the engine yet
  bool waiting_for_room_ = false;
  bool closing_ = false;
};

}  // namespace conclave::gateway
