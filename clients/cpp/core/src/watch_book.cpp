#include "watch_book.hpp"

#include <algorithm>

namespace conclave::client {

LocalWatchId WatchBook::add(WatchOptions options) {
  const LocalWatchId id(next_id_++);
  Watch watch;
  watch.next = options.from;
  watch.options = std::move(options);
  watches_.emplace(id, std::move(watch));
  unmade_.insert(id);
  return id;
}

LocalWatchId WatchBook::add_turn(TurnOptions options) {
  const LocalWatchId id(next_id_++);
  Watch watch;
  watch.turn = std::move(options);
  watches_.emplace(id, std::move(watch));
  unmade_.insert(id);
  return id;
}

void WatchBook::remove(LocalWatchId id, std::optional<LinkId> link, std::uint64_t wire_id) {
  const auto it = watches_.find(id);
  if (it == watches_.end()) return;
  if (unmade_.erase(id) == 0 && link) shared_.act(Send{*link, shared_.encoder.cancel(wire_id, id.value())});
  asked_.erase(it->second.wire_id);
  watches_.erase(it);
}

void WatchBook::flush(LinkId link, const std::function<std::uint64_t()>& next_wire_id) {
  for (auto it = unmade_.begin(); it != unmade_.end();) {
    const LocalWatchId id = *it;
    Watch& watch = watches_.at(id);
    if (watch.not_before > shared_.now) {
      ++it;
      continue;
    }
    it = unmade_.erase(it);
    watch.wire_id = next_wire_id();
    asked_[watch.wire_id] = id;
    WatchOptions options = watch.options;
    options.from = watch.next;
    shared_.act(Send{link, watch.turn ? shared_.encoder.turn(watch.wire_id, id.value(), *watch.turn)
                                      : shared_.encoder.watch(watch.wire_id, id.value(), options)});
  }
}

void WatchBook::on_link_lost() {
  asked_.clear();
  for (auto& [id, watch] : watches_) {
    unmade_.insert(id);
    watch.partial = {};  // the revision comes again, whole
  }
}

/// The member cannot serve it at the moment: it is made again, after a pause if here.
WatchBook::After WatchBook::make_again(LocalWatchId id, Watch& watch) {
  unmade_.insert(id);
  watch.partial = {};
  watch.not_before = shared_.now + shared_.pause(watch.refusals++);
  return After::elsewhere;
}

WatchBook::After WatchBook::on_reply(std::uint64_t wire_id, const WireReply& reply) {
  const auto asked = asked_.find(wire_id);
  if (asked == asked_.end()) return After::not_ours;
  const LocalWatchId id = asked->second;
  asked_.erase(asked);
  Watch& watch = watches_.at(id);
  if (const auto* created = std::get_if<WireWatchCreated>(&reply.body)) {
    watch.refusals = 0;
    if (watch.next.is_zero() && !watch.turn) {
      watch.next = created->start;
      shared_.act(WatchTold{{id}, WatchProgress{created->start.prev()}});  // it stands: nothing after this is missed
    }
    return After::done;
  }
  const auto* refused = std::get_if<WireRefused>(&reply.body);
  if (refused == nullptr) {
    end(id, {Errc::malformed, "the server answered something else than was asked"}, {});
    return After::done;
  }
  switch (refused->error.code) {
    case Errc::overloaded:
    case Errc::no_leader:
    case Errc::not_leader:
    case Errc::shutting_down: return make_again(id, watch);
    default: end(id, refused->error, refused->compacted); return After::done;
  }
}

/// The watch with that number. `near` is where the one before was found: a frame names watches mostly in the order of their
/// numbers.
WatchBook::Watches::iterator WatchBook::find(std::uint64_t number, Watches::iterator near) {
  const LocalWatchId id(number);
  if (near != watches_.end() && ++near != watches_.end() && near->first == id) return near;
  return watches_.find(id);
}

void WatchBook::on_push(EventsPush&& push) {
  std::vector<LocalWatchId> whole;  // of the revision: all of them are told the same
  auto it = watches_.end();
  for (const std::uint64_t number : push.watches) {
    it = find(number, it);
    if (it == watches_.end()) continue;
    Watch& watch = it->second;
    if (push.more || watch.partial.revision == push.revision) {
      deliver_part(it->first, watch, push);
    } else if (push.revision >= watch.next) {
      watch.next = push.revision.next();
      whole.push_back(it->first);
    }
  }
  if (!whole.empty()) shared_.act(WatchTold{std::move(whole), WatchEvents{push.revision, std::move(push.events)}});
}

/// A revision that spans frames.
void WatchBook::deliver_part(LocalWatchId id, Watch& watch, const EventsPush& push) {
  if (push.revision < watch.next) return;  // delivered already
  if (watch.partial.revision != push.revision) watch.partial = {push.revision, {}};
  watch.partial.events.insert(watch.partial.events.end(), push.events.begin(), push.events.end());
  if (push.more) return;
  watch.next = push.revision.next();
  shared_.act(WatchTold{{id}, std::exchange(watch.partial, {})});
}

void WatchBook::on_push(const BookmarkPush& push) {
  std::vector<LocalWatchId> told;
  auto it = watches_.end();
  for (const std::uint64_t number : push.watches) {
    it = find(number, it);
    if (it == watches_.end() || push.revision < it->second.next) continue;
    it->second.next = push.revision.next();
    told.push_back(it->first);
  }
  if (!told.empty()) shared_.act(WatchTold{std::move(told), WatchProgress{push.revision}});
}

WatchBook::After WatchBook::on_push(const WatchEndedPush& push) {
  const auto it = watches_.find(LocalWatchId(push.watch));
  if (it == watches_.end()) return After::done;
  if (push.reason == Errc::shutting_down || push.reason == Errc::overloaded) return make_again(it->first, it->second);
  end(it->first, {push.reason, push.reason == Errc::compacted ? "the oldest revision is " + to_string(push.oldest) : std::string()},
      push.oldest);
  return After::done;
}

void WatchBook::on_push(const TurnPush& push) {
  const auto it = watches_.find(LocalWatchId(push.watch));
  if (it == watches_.end() || !it->second.turn) return;
  asked_.erase(it->second.wire_id);
  unmade_.erase(it->first);
  watches_.erase(it);
  shared_.act(WatchTold{{LocalWatchId(push.watch)}, push.turn});
}

void WatchBook::end(LocalWatchId id, Error reason, Revision oldest) {
  watches_.erase(id);
  unmade_.erase(id);
  shared_.act(WatchTold{{id}, WatchEnded{std::move(reason), oldest}});
}

void WatchBook::end_all(const Error& why) {
  while (!watches_.empty()) end(watches_.begin()->first, why, {});
}

std::optional<Instant> WatchBook::next_deadline() const {
  std::optional<Instant> earliest;
  for (const LocalWatchId id : unmade_) {
    const Instant at = watches_.at(id).not_before;
    if (at > shared_.now && (!earliest || at < *earliest)) earliest = at;
  }
  return earliest;
}

}  // namespace conclave::client
