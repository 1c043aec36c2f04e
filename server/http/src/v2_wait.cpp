#include "v2_wait.hpp"

#include "conclave/codec/event_reader.hpp"
#include "v2_api.hpp"

namespace conclave::gateway {
namespace {

constexpr std::size_t low_water_bytes = 64 * 1024;

}  // namespace

V2Wait::V2Wait(const CallContext& context, http::ExchangePtr exchange, v2::Request request, std::function<void()> closed)
    : context_(context),
      exchange_(std::move(exchange)),
      request_(std::move(request)),
      closed_(std::move(closed)),
      connection_(context.link.open(exchange_->request().remote.common_name, *this)) {}

V2Wait::~V2Wait() { context_.link.close(connection_); }

void V2Wait::start() {
  exchange_->on_gone([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close();
  });
  engine::WatchCreate create;
  create.id = engine::WatchId(1);
  create.spec.begin = v2::event_key();
  create.spec.no_delete = true;
  create.from = Revision(request_.wait_index);
  create.bookmarks = false;
  context_.link.ask_on(connection_, engine::RequestId(1), std::move(create));
}

void V2Wait::on_reply(engine::RequestId, const engine::ReplyHeader& header, const engine::ReplyBody& body) {
  if (closing_) return;
  const std::uint64_t index = header.revision.value();
  if (const auto* refused = refused_in(body)) {
    v2::Failure failure = failure_of(*refused, index);
    if (refused->code == Errc::compacted) {
      failure = {401,
                 "the requested history has been cleared [" + to_string(refused->compacted) + "/" +
                     std::to_string(request_.wait_index) + "]",
                 index};
    }
    reply_failure(context_, exchange_, failure);
    return close();
  }
  http::Fields fields = v2_fields(context_, header, index);
  fields.set("Content-Type", "application/json");
  exchange_->begin(200, std::move(fields));
}

std::size_t V2Wait::on_events(std::span<const engine::WatchId>, Revision revision, const Bytes& events, bool) {
  const auto views = codec::read_events(events.view());
  if (closing_ || !views.has_value()) return 0;
  std::size_t queued = 0;
  for (const codec::EventView& view : *views) {
    const auto event = v2::decode_event(view.kv.value, revision.value());
    if (!event || closing_ || !v2::concerns(*event, request_.path, request_.recursive)) continue;
    const std::string line = v2::event_json(*event, wall_clock_ms());
    if (!exchange_->write(line)) {
      close();
      break;
    }
    queued += line.size();
    if (!request_.stream) {
      exchange_->finish();
      close();
    }
  }
  owed_bytes_ += queued;
  if (queued != 0 && !closing_ && !std::exchange(waiting_for_room_, true)) {
    exchange_->when_queued_below(low_water_bytes, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->waiting_for_room_ = false;
      self->context_.link.written(self->connection_, std::exchange(self->owed_bytes_, 0));
    });
  }
  return queued;
}

std::size_t V2Wait::on_bookmark(std::span<const engine::WatchId>, Revision) { return 0; }

/// The body just ends, and the client asks again from where it was.
void V2Wait::on_watch_ended(engine::WatchId, const engine::WatchEnded&) {
  if (closing_) return;
  exchange_->finish();
  close();
}

void V2Wait::on_leader_news(bool) {}

void V2Wait::release() {
  if (!exchange_->finished()) exchange_->abort();
}

void V2Wait::close() {
  if (!std::exchange(closing_, true)) closed_();
}

}  // namespace conclave::gateway
