#include "v2_wait.hpp"

#include "conclave/codec/event_reader.hpp"
#include "v2_api.hpp"

namespace conclave::gateway {
namespace {

constexpr std::size_t low_water_bytes = 64 * 1024;
/// A stream whose client is this far behind takes no more from the feed: a watch of its own goes on only when it reads.
constexpr std::size_t behind_bytes_max = 256 * 1024;

}  // namespace

V2Wait::~V2Wait() {
  if (alone_) context_.link.close(*alone_);
}

void V2Wait::start() {
  exchange_->on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close();
  });
}

void V2Wait::begin(const engine::ReplyHeader& header, std::uint64_t index) {
  if (closing_) return;
  http::Fields fields = v2_fields(context_, header, index);
  fields.set("Content-Type", "application/json");
  exchange_->begin(200, std::move(fields));
}

void V2Wait::send(const std::string& line) {
  if (request_.stream) {
    if (!exchange_->write(line)) close();
    return;
  }
  exchange_->finish(line);
  close();
}

bool V2Wait::take(std::uint64_t index, const std::string& line) {
  if (closing_) return false;
  send(line);
  if (!closing_ && exchange_->queued_bytes() > behind_bytes_max) watch_alone(index + 1);
  return !closing_ && !alone_;
}

void V2Wait::watch_alone(std::uint64_t from) {
  if (closing_) return;
  alone_ = context_.link.open(exchange_->request().remote.common_name, *this);
  engine::WatchCreate create;
  create.id = engine::WatchId(1);
  create.spec.begin = v2::event_key();
  create.spec.no_delete = true;
  create.from = Revision(from);
  create.bookmarks = false;
  context_.link.ask_on(*alone_, engine::RequestId(1), std::move(create));
}

void V2Wait::fail(const v2::Failure& failure) {
  if (closing_) return;
  if (exchange_->begun()) {
    exchange_->finish();
  } else {
    reply_failure(context_, exchange_, failure);
  }
  close();
}

void V2Wait::on_reply(engine::RequestId, const engine::ReplyHeader& header, const engine::ReplyBody& body) {
  if (closing_) return;
  const std::uint64_t index = header.revision.value();
  const auto* refused = refused_in(body);
  if (refused == nullptr) return exchange_->begun() ? void() : begin(header, index);
  v2::Failure failure = failure_of(*refused, index);
  if (refused->code == Errc::compacted) {
    failure = {401,
               "the requested history has been cleared [" + to_string(refused->compacted) + "/" +
                   std::to_string(request_.wait_index) + "]",
               index};
  }
  fail(failure);
}

void V2Wait::on_events(const PushedEvents& pushed) {
  const auto views = codec::read_events(pushed.events.view());
  if (!views.has_value()) return;
  for (const codec::EventView& view : *views) {
    if (closing_) return;
    const auto event = v2::decode_event(view.kv.value, pushed.revision.value());
    if (event && v2::concerns(*event, request_.path, request_.recursive)) send(v2::event_json(*event, wall_clock_ms()));
  }
  owe(pushed.credit);
}

void V2Wait::owe(std::size_t credit) {
  if (closing_) return;
  owed_ += credit;
  if (std::exchange(waiting_for_room_, true)) return;
  exchange_->when_queued_below(low_water_bytes, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->waiting_for_room_ = false;
    if (self->alone_) self->context_.link.written(*self->alone_, std::exchange(self->owed_, 0));
  });
}

void V2Wait::on_bookmark(const PushedBookmark& pushed) { owe(pushed.credit); }

void V2Wait::on_watch_ended(engine::WatchId, const engine::WatchEnded& why) {
  fail({300, api_error(why.reason, {}).text, context_.link.last_header().revision.value()});
}

void V2Wait::on_leader_news(bool) {}

void V2Wait::release() {
  if (!exchange_->finished()) exchange_->abort();
}

void V2Wait::close() {
  if (!std::exchange(closing_, true)) closed_();
}

}  // namespace conclave::gateway
