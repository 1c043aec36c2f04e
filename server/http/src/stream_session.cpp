#include "stream_session.hpp"

namespace conclave::gateway {
namespace {

/// Lines count as sent when less than this waits: then the engine may push on.
constexpr std::size_t low_water_bytes = 64 * 1024;

}  // namespace

void StreamSession::start(Kind kind) {
  const http::Request& request = exchange_->request();
  if (kind == Kind::watch) {
    const bool needs_leader = request.head.fields.get("Grpc-Metadata-hasleader") == "true";
    watch_ = std::make_unique<WatchStream>(context_, request.remote.common_name, needs_leader, *this);
  } else if (kind == Kind::observe) {
    observer_ = std::make_unique<ElectionObserver>(context_, request.remote.common_name, *this);
  } else {
    keep_alive_ = std::make_shared<KeepAliveStream>(context_, request.remote.common_name, *this);
  }
  exchange_->on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close();
  });
  read_next();
}

void StreamSession::read_next() {
  if (closing_) return;
  exchange_->read_piece([weak = weak_from_this()](const Result<std::string>& piece) {
    if (const auto self = weak.lock()) self->on_piece(piece);
  });
}

void StreamSession::on_piece(const Result<std::string>& piece) {
  if (closing_) return;
  if (!piece.has_value()) {
    // Before the first line the client was told by the server; after it the reply is cut, so that it does not look complete.
    if (exchange_->begun() && !exchange_->finished()) exchange_->abort();
    return close();
  }
  if (piece->empty()) {
    if (splitter_.within()) return fail({Code::invalid_argument, "invalid JSON: the object does not end"});
    if (keep_alive_ != nullptr) keep_alive_->complete();
    return;
  }
  Problem problem;
  const bool fits = splitter_.feed(*piece, problem);
  while (const auto object = splitter_.next()) {
    take(*object);
    if (closing_) return;
  }
  if (!fits) return fail(*problem);
  read_next();
}

void StreamSession::take(const std::string& object) {
  Problem problem;
  const JsonDocument document = JsonDocument::parse(object, context_.settings.json, problem);
  if (!problem) {
    const JsonObject json = document.root(problem);
    if (watch_ != nullptr) watch_->take(json);
    if (keep_alive_ != nullptr) keep_alive_->take(json);
    if (observer_ != nullptr) observer_->take(json);
  }
  if (problem) fail(*problem);
}

void StreamSession::send(const std::string& line) {
  if (closing_) return;
  if (!exchange_->begun()) exchange_->begin(200, fields_);
  if (!exchange_->write(line)) close();
}

void StreamSession::owe(std::size_t credit) {
  if (closing_) return;
  owed_ += credit;
  if (waiting_for_room_) return;
  waiting_for_room_ = true;
  exchange_->when_queued_below(low_water_bytes, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->give_back();
  });
}

void StreamSession::give_back() {
  waiting_for_room_ = false;
  if (closing_) return;
  if (watch_ != nullptr) watch_->written(std::exchange(owed_, 0));
  if (observer_ != nullptr) observer_->written(std::exchange(owed_, 0));
}

void StreamSession::finish() {
  if (closing_) return;
  if (!exchange_->begun()) exchange_->begin(200, fields_);
  exchange_->finish();
  close();
}

void StreamSession::fail(const ApiError& why) {
  if (closing_) return;
  if (exchange_->begun()) {
    exchange_->write(stream_error_line(why));
    exchange_->finish();
  } else {
    exchange_->reply({static_cast<int>(http_status(why.code)), error_body(why), "application/json", fields_});
  }
  close();
}

void StreamSession::release() {
  if (!exchange_->finished()) exchange_->abort();
}

void StreamSession::close() {
  if (std::exchange(closing_, true)) return;
  if (keep_alive_ != nullptr) keep_alive_->stop();
  closed_();
}

}  // namespace conclave::gateway
