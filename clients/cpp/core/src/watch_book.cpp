#include "watch_book.hpp"

#include <algorithm>

#include "conclave/protocol/version.hpp"

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

LocalWatchId WatchBook::add_turn(TurnOptions options, OperationId with) {
  const LocalWatchId id(next_id_++);
  Watch watch;
  watch.turn = std::move(options);
  watch.with = with;
  watches_.emplace(id, std::move(watch));
  if (with.is_zero())
    unmade_.insert(id);
  else
    beginning_[with] = id;
  return id;
}

void WatchBook::remove(LocalWatchId id) {
  const auto it = watches_.find(id);
  if (it == watches_.end()) return;
  take_back(it->second, id);
  unmade_.erase(id);
  beginning_.erase(it->second.with);
  watches_.erase(it);
}

/// What was asked of a member need not be answered any more.
void WatchBook::take_back(const Watch& watch, LocalWatchId id) {
  asked_.erase(watch.wire_id);
  if (watch.link) shared_.act(Send{*watch.link, shared_.encoder.cancel(shared_.next_wire_id(), id.value())});
}

void WatchBook::ask(LocalWatchId id, Watch& watch, LinkId link, std::uint64_t with) {
  watch.wire_id = shared_.next_wire_id();
  watch.link = link;
  asked_[watch.wire_id] = id;
  if (watch.turn) return shared_.act(Send{link, shared_.encoder.turn(watch.wire_id, id.value(), *watch.turn, with)});
  WatchOptions options = watch.options;
  options.from = watch.next;
  shared_.act(Send{link, shared_.encoder.watch(watch.wire_id, id.value(), options)});
}

void WatchBook::flush(LinkId link) {
  for (auto it = unmade_.begin(); it != unmade_.end();) {
    const LocalWatchId id = *it;
    Watch& watch = watches_.at(id);
    if (watch.not_before > shared_.now) {
      ++it;
      continue;
    }
    it = unmade_.erase(it);
    ask(id, watch, link, 0);
  }
}

void WatchBook::on_sending(OperationId operation, LinkId link, std::uint64_t wire_id) {
  if ((shared_.features & protocol::feature_turn_with_write) == 0) return;
  const auto found = beginning_.find(operation);
  if (found == beginning_.end()) return;
  Watch& watch = watches_.at(found->second);
  take_back(watch, found->second);  // of an earlier try, which the member may have refused without a look at what came with it
  ask(found->second, watch, link, wire_id);
}

void WatchBook::on_write_done(OperationId operation, const Result<std::string>& made) {
  const auto found = beginning_.find(operation);
  if (found == beginning_.end()) return;
  const LocalWatchId id = found->second;
  beginning_.erase(found);
  Watch& watch = watches_.at(id);
  watch.with = OperationId();
  if (made && watch.turn->own_key.empty()) watch.turn->own_key = *made;
  if (!made || watch.turn->own_key.empty()) {
    take_back(watch, id);
    return end(id, {Errc::cancelled, made ? "no key is known that the write made" : "the write that it was to begin with failed"},
               {});
  }
  if (!watch.link) unmade_.insert(id);
}

void WatchBook::on_link_lost() {
  asked_.clear();
  for (auto& [id, watch] : watches_) {
    watch.link.reset();
    if (watch.with.is_zero()) unmade_.insert(id);
    watch.partial = {};  // the revision comes again, whole
  }
}

/// The member cannot serve it at the moment: it is made again, after a pause if here.
WatchBook::After WatchBook::make_again(LocalWatchId id, Watch& watch) {
  unmade_.insert(id);
  watch.link.reset();
  watch.partial = {};
  watch.not_before = shared_.now + shared_.pause(watch.refusals++);
  return After::elsewhere;
}

WatchBook::After WatchBook::on_reply(std::uint64_t wire_id, const WireReply& reply) {
  const auto asked = asked_.find(wire_id);
  if (asked == asked_.end()) return After::not_ours;
  const LocalWatchId id = asked->second;
  asked_.erase(asked);
  const auto found = watches_.find(id);
  if (found == watches_.end()) return After::done;
  Watch& watch = found->second;
  if (!watch.with.is_zero()) {  // the write was not done, whatever this says: it will be sent again, and this with it
    watch.link.reset();
    return After::done;
  }
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
  if (it == watches_.end() || !it->second.with.is_zero()) return After::done;
  if (push.reason == Errc::shutting_down || push.reason == Errc::overloaded) return make_again(it->first, it->second);
  end(it->first, {push.reason, push.reason == Errc::compacted ? "the oldest revision is " + to_string(push.oldest) : std::string()},
      push.oldest);
  return After::done;
}

void WatchBook::on_push(const TurnPush& push) {
  const auto it = watches_.find(LocalWatchId(push.watch));
  if (it == watches_.end() || !it->second.turn || !it->second.with.is_zero()) return;
  asked_.erase(it->second.wire_id);
  unmade_.erase(it->first);
  watches_.erase(it);
  shared_.act(WatchTold{{LocalWatchId(push.watch)}, push.turn});
}

void WatchBook::end(LocalWatchId id, Error reason, Revision oldest) {
  if (const auto it = watches_.find(id); it != watches_.end()) {
    beginning_.erase(it->second.with);
    watches_.erase(it);
  }
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
