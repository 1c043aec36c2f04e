#include "watch_stream.hpp"

namespace conclave::gateway {
namespace {

constexpr std::size_t watches_max = 10'000;         // of one stream
constexpr std::size_t partial_bytes_max = 8 << 20;  // of one revision's events, for a client that does not take fragments

/// Numbers of watches begin at zero here and at one in the engine.
engine::WatchId engine_id(std::int64_t id) { return engine::WatchId(static_cast<std::uint64_t>(id) + 1); }
std::int64_t id_of(engine::WatchId watch) { return static_cast<std::int64_t>(watch.value() - 1); }

}  // namespace

WatchStream::WatchStream(const CallContext& context, const std::string& identity, bool needs_leader, LineSink& out)
    : context_(context), needs_leader_(needs_leader), out_(out), connection_(context.link.open(identity, *this)) {}

WatchStream::~WatchStream() { context_.link.close(connection_); }

void WatchStream::take(const JsonObject& json) {
  WatchAsk wanted = parse_watch(json);
  if (json.refused() || ended_) return;
  if (auto* create_ask = std::get_if<WatchCreateAsk>(&wanted)) return create(std::move(*create_ask));
  if (const auto* cancel_ask = std::get_if<WatchCancelAsk>(&wanted)) return cancel(cancel_ask->id);
  if (std::holds_alternative<WatchProgressAsk>(wanted)) ask(Progress{}, engine::WatchProgressRequest{});
}

void WatchStream::ask(Asked what, engine::ClientBody body) {
  last_request_ = last_request_.next();
  asked_.emplace(last_request_, what);
  context_.link.ask_on(connection_, last_request_, std::move(body));
}

void WatchStream::create(WatchCreateAsk ask_in) {
  if (ask_in.empty_range) return decline("mvcc: watcher range is empty");
  if (ask_in.id && watches_.contains(*ask_in.id)) return decline("mvcc: duplicate watch ID provided on the WatchStream");
  if (watches_.size() >= watches_max) return decline("conclave: too many watches on one stream");
  if (!ask_in.id) {
    while (watches_.contains(next_id_)) ++next_id_;
    ask_in.id = next_id_++;
  }
  Watch& watch = watches_[*ask_in.id];
  watch.fragment = ask_in.fragment;
  watch.progress_notify = ask_in.progress_notify;
  engine::WatchCreate create;
  create.id = engine_id(*ask_in.id);
  create.spec = std::move(ask_in.spec);
  create.from = ask_in.from;
  create.bookmarks = ask_in.progress_notify;
  ask(Created{*ask_in.id}, std::move(create));
}

/// The engine is not asked for such a watch, but the answer says at which revision the store is.
void WatchStream::decline(std::string reason) { ask(Declined{std::move(reason)}, engine::StatusRequest{}); }

void WatchStream::cancel(std::int64_t id) {
  if (watches_.contains(id)) ask(Cancelled{id}, engine::WatchCancel{engine_id(id)});
}

void WatchStream::send(const std::string& line) {
  if (!ended_) out_.send(line);
}

void WatchStream::fail(const ApiError& why) {
  if (ended_) return;
  ended_ = true;
  out_.fail(why);
}

void WatchStream::on_reply(engine::RequestId request, const engine::ReplyHeader& header, const engine::ReplyBody& body) {
  member_ = header.member;
  term_ = header.term;
  revision_ = header.revision;
  const auto found = asked_.find(request);
  if (found == asked_.end()) return;
  const Asked what = found->second;
  asked_.erase(found);
  if (const auto* created = std::get_if<Created>(&what)) return on_created(created->id, body);
  if (const auto* refused = refused_in(body)) return fail(api_error(*refused));
  if (const auto* cancelled = std::get_if<Cancelled>(&what)) {
    watches_.erase(cancelled->id);
    send(watch_line(head(revision_), {.id = cancelled->id, .canceled = true}));
    return;
  }
  // A number that no watch has: a declined one, or news for all of them.
  WatchNotice notice{.id = -1};
  if (const auto* declined = std::get_if<Declined>(&what)) {
    notice.created = notice.canceled = true;
    notice.reason = declined->reason;
  }
  send(watch_line(head(revision_), notice));
}

void WatchStream::on_created(std::int64_t id, const engine::ReplyBody& body) {
  const auto* refused = refused_in(body);
  if (refused == nullptr) {
    send(watch_line(head(revision_), {.id = id, .created = true}));
    return;
  }
  watches_.erase(id);
  const ApiError why = api_error(*refused);
  if (refused->code != Errc::compacted) return fail(why);
  send(watch_line(head(revision_), {.id = id, .created = true}));
  send(watch_line(head(revision_), {.id = id, .canceled = true, .compacted = refused->compacted, .reason = why.text}));
}

void WatchStream::on_events(const PushedEvents& pushed) {
  const std::string* text = context_.events.render(pushed.events);
  if (text == nullptr) return fail({Code::internal, "conclave: events that cannot be read"});
  revision_ = std::max(revision_, pushed.revision);
  for (const engine::WatchId watch_id : pushed.watches) {
    const auto found = watches_.find(id_of(watch_id));
    if (found == watches_.end()) continue;
    Watch& watch = found->second;
    const bool goes_on = pushed.more && !watch.fragment;
    WatchEventsLine line = watch.partial ? std::move(*watch.partial)
                                         : WatchEventsLine(head(pushed.revision), found->first, pushed.more && watch.fragment);
    watch.partial.reset();
    line.add(*text);
    if (!goes_on) {
      send(line.finish());
    } else if (line.size() > partial_bytes_max) {
      return fail({Code::resource_exhausted, "conclave: one revision changed more than a message may hold; watch with fragment"});
    } else {
      watch.partial = std::move(line);
    }
  }
  out_.owe(pushed.credit);
}

void WatchStream::on_bookmark(const PushedBookmark& pushed) {
  revision_ = std::max(revision_, pushed.revision);
  for (const engine::WatchId watch_id : pushed.watches) {
    const auto found = watches_.find(id_of(watch_id));
    if (found != watches_.end() && found->second.progress_notify) send(watch_line(head(pushed.revision), {.id = found->first}));
  }
  out_.owe(pushed.credit);
}

void WatchStream::on_watch_ended(engine::WatchId watch, const engine::WatchEnded& why) {
  const std::int64_t id = id_of(watch);
  if (watches_.erase(id) == 0) return;
  const ApiError error = api_error(why.reason, {});
  if (why.reason != Errc::compacted) return fail(error);
  send(watch_line(head(revision_), {.id = id, .canceled = true, .compacted = why.oldest, .reason = error.text}));
}

void WatchStream::on_leader_news(bool has_leader) {
  if (!has_leader && needs_leader_) fail(api_error(Errc::no_leader, {}));
}

}  // namespace conclave::gateway
