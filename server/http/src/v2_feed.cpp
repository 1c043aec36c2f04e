#include "v2_feed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "conclave/codec/event_reader.hpp"
#include "own_thread.hpp"
#include "v2_api.hpp"

namespace conclave::gateway {
namespace {

/// What is kept: as many changes as etcd keeps, unless they are large.
constexpr std::size_t kept_max = 1000;
constexpr std::size_t kept_bytes_max = 2 << 20;

bool concerns(const v2::Event& event, const V2Wait& wait) {
  return v2::concerns(event, wait.request().path, wait.request().recursive);
}

}  // namespace

V2Feed::~V2Feed() {
  if (stream_) context_.link.close(*stream_);
}

void V2Feed::join(std::shared_ptr<V2Wait> wait) {
  wait->start();
  if (standing_) return admit(std::move(wait));
  joining_.push_back(std::move(wait));
  if (!stream_) open();
}

void V2Feed::open() {
  stream_ = context_.link.open({}, *this);
  engine::WatchCreate create;
  create.id = engine::WatchId(1);
  create.spec.begin = v2::event_key();
  create.spec.no_delete = true;
  create.bookmarks = true;
  context_.link.ask_on(*stream_, engine::RequestId(1), std::move(create));
}

/// The index that a wait begins at is one that this member had reached when the client asked: a change that the client was told of
/// through this member is no news.
void V2Feed::admit(std::shared_ptr<V2Wait> wait) {
  if (wait->closed()) return;
  const engine::ReplyHeader& header = context_.link.last_header();
  const std::uint64_t now = std::max(position_, header.revision.value());
  const std::uint64_t asked = wait->request().wait_index;
  const std::uint64_t from = asked == 0 ? now + 1 : asked;
  if (from <= position_ && from < kept_from_) return wait->watch_alone(from);
  wait->begin(header, now);
  for (auto change = std::ranges::lower_bound(kept_, from, {}, &Change::index); change != kept_.end(); ++change) {
    if (concerns(change->event, *wait) && !wait->take(change->index, v2::event_json(change->event, wall_clock_ms()))) return;
  }
  if (!wait->closed()) listeners_.push_back({from, std::move(wait)});
}

void V2Feed::on_reply(engine::RequestId, const engine::ReplyHeader& header, const engine::ReplyBody& body) {
  if (const auto* refused = refused_in(body)) return end(failure_of(*refused, header.revision.value()));
  const auto* created = std::get_if<engine::WatchCreated>(&body);
  if (created == nullptr) return end({300, "an answer of another kind", header.revision.value()});
  standing_ = true;
  kept_from_ = created->start.value();
  position_ = kept_from_ - 1;
  for (auto& wait : std::exchange(joining_, {})) admit(std::move(wait));
}

void V2Feed::on_events(const PushedEvents& pushed) {
  const auto views = codec::read_events(pushed.events.view());
  if (views.has_value()) {
    for (const codec::EventView& view : *views) {
      auto event = v2::decode_event(view.kv.value, pushed.revision.value());
      if (!event) continue;
      Change change{pushed.revision.value(), view.kv.value.size(), std::move(*event)};
      tell(change);
      keep(std::move(change));
    }
  }
  reached(pushed.revision);
  if (stream_) context_.link.written(*stream_, pushed.credit);
}

void V2Feed::tell(const Change& change) {
  std::string line;  // made when the first needs it
  // Somebody may join from within: whoever was told asks again at once.
  std::vector<Listener> all = std::exchange(listeners_, {});
  std::erase_if(all, [&](const Listener& listener) {
    V2Wait& wait = *listener.wait;
    if (wait.closed()) return true;
    if (change.index < listener.from || !concerns(change.event, wait)) return false;
    if (line.empty()) line = v2::event_json(change.event, wall_clock_ms());
    OwnThread::breathe();
    return !wait.take(change.index, line);
  });
  all.insert(all.end(), std::make_move_iterator(listeners_.begin()), std::make_move_iterator(listeners_.end()));
  listeners_ = std::move(all);
  closed_ = 0;
}

void V2Feed::note_closed() {
  if (++closed_ < 64 || closed_ < listeners_.size() / 2) return;
  std::erase_if(listeners_, [](const Listener& listener) { return listener.wait->closed(); });
  closed_ = 0;
}

void V2Feed::keep(Change change) {
  kept_bytes_ += change.bytes;
  kept_.push_back(std::move(change));
  while (kept_.size() > kept_max || kept_bytes_ > kept_bytes_max) {
    kept_from_ = kept_.front().index + 1;
    kept_bytes_ -= kept_.front().bytes;
    kept_.pop_front();
  }
}

void V2Feed::reached(Revision revision) { position_ = std::max(position_, revision.value()); }

void V2Feed::on_bookmark(const PushedBookmark& pushed) {
  reached(pushed.revision);
  if (stream_) context_.link.written(*stream_, pushed.credit);
}

void V2Feed::on_watch_ended(engine::WatchId, const engine::WatchEnded& why) {
  end({300, api_error(why.reason, {}).text, context_.link.last_header().revision.value()});
}

void V2Feed::end(const v2::Failure& failure) {
  if (stream_) context_.link.close(*stream_);
  stream_.reset();
  standing_ = false;
  kept_.clear();
  kept_bytes_ = 0;
  for (const auto& wait : std::exchange(joining_, {})) wait->fail(failure);
  for (const Listener& listener : std::exchange(listeners_, {})) listener.wait->fail(failure);
}

void V2Feed::on_leader_news(bool) {}

}  // namespace conclave::gateway
