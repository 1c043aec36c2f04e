#include "watch_feed.hpp"

#include <algorithm>
#include <utility>

#include "mutants.hpp"

namespace conclave::engine {
namespace {

constexpr std::size_t catch_up_batches_max = 1024;  // in one pass, all watches together
constexpr std::size_t frame_bytes_max = 1 << 20;    // of events in one frame; a larger batch spans frames
constexpr Duration young_catch_up = seconds(60);

std::size_t size_of(const mvcc::Event& event) { return event.kv->size() + (event.prev ? event.prev->size() : 0); }

}  // namespace

WatchFeed::WatchFeed(Context& context) : context_(context) {}

// --- Creating and ending
// ----------------------------------------------------------------------------------------------------------------

bool WatchFeed::may_add(Connection& connection, RequestId request, ConnectionId id, WatchId watch) {
  if (connection.watches.contains(watch) || connection.turns.contains(watch) || connection.planned.contains(watch)) {
    context_.refuse(id, request, Errc::already_exists, "watch " + to_string(watch) + " exists on this connection");
    return false;
  }
  if (watch_count_ >= context_.config.watches_max) {
    context_.refuse(id, request, Errc::overloaded, "this member has " + std::to_string(watch_count_) + " watches");
    return false;
  }
  return true;
}

void WatchFeed::create(ConnectionId id, RequestId request, const WatchCreate& create) {
  Connection& connection = connections_[id];
  if (!may_add(connection, request, id, create.id)) return;
  const Revision next = create.from.is_zero() ? context_.machine->revision().next() : create.from;
  if (next < context_.machine->compacted())
    return context_.refuse(id, request, Errc::compacted, "revision " + to_string(create.from));
  Watch& watch = connection.watches[create.id];
  watch.group = index_.acquire(create.spec);
  watch.next = next;
  watch.bookmarks = create.bookmarks;
  ++watch_count_;
  context_.reply(id, request, WatchCreated{next});
  const Key key{id, create.id};
  if (next == context_.machine->revision().next())
    make_live(key, watch);
  else
    make_lagging(key, watch, next);
}

void WatchFeed::cancel(ConnectionId id, RequestId request, WatchId watch) {
  Connection& connection = connections_[id];
  if (const auto it = connection.watches.find(watch); it != connection.watches.end()) {
    forget({id, watch}, it->second);
    connection.watches.erase(it);
  } else {
    cancel_turn(id, connection, watch);
  }
  context_.reply(id, request, Acknowledged{});  // one that has ended already is as good as cancelled
}

void WatchFeed::on_connected(ConnectionId connection) { connections_[connection]; }

void WatchFeed::on_closed(ConnectionId id) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  for (auto& [watch_id, watch] : it->second.watches) forget({id, watch_id}, watch);
  forget_turns(id, it->second);
  connections_.erase(it);
}

/// Takes a watch out of every index but its connection's.
void WatchFeed::forget(const Key& key, Watch& watch) {
  if (watch.live) {
    const auto group = live_.find(watch.group);
    const auto mine = group->second.find(key.first);
    std::erase(mine->second, key.second);
    if (mine->second.empty()) group->second.erase(mine);
    if (group->second.empty()) live_.erase(group);
  }
  behind_.erase(key);
  index_.release(watch.group);
  --watch_count_;
}

void WatchFeed::end(const Key& key, const WatchEnded& why) {
  Connection& connection = connections_.at(key.first);
  const auto it = connection.watches.find(key.second);
  forget(key, it->second);
  connection.watches.erase(it);
  context_.ports.clients.push_watch_ended(key.first, key.second, why);
}

void WatchFeed::end_all(Errc reason) {
  std::vector<Key> keys;
  for (const auto& [id, connection] : connections_)
    for (const auto& [watch, state] : connection.watches) keys.emplace_back(id, watch);
  for (const Key& key : keys) end(key, {reason, context_.machine->compacted()});
}

void WatchFeed::make_live(const Key& key, Watch& watch) {
  watch.live = true;
  watch.reading = false;
  behind_.erase(key);
  live_[watch.group][key.first].push_back(key.second);
}

void WatchFeed::make_lagging(const Key& key, Watch& watch, Revision next) {
  watch.live = false;
  watch.next = next;
  watch.catching_up_since = context_.now;
  behind_.insert(key);
}

// --- Live delivery
// ----------------------------------------------------------------------------------------------------------------------

void WatchFeed::on_applied(const std::vector<mvcc::EventBatchPtr>& batches) {
  for (const auto& batch : batches) {
    for (const mvcc::WatchGroupId group : index_.match(*batch)) deliver_live(group, *batch);
  }
}

void WatchFeed::deliver_live(mvcc::WatchGroupId group, const mvcc::EventBatch& batch) {
  const auto members = live_.find(group);
  if (members == live_.end()) return;
  const mvcc::WatchSpec& spec = index_.spec(group);
  const std::vector<mvcc::Event> events = mvcc::filtered(batch, spec);
  if (events.empty()) return;
  const std::vector<Bytes> frames = encode(events, spec);
  std::vector<Key> slow;
  for (auto& [id, watches] : members->second) {
    Connection& connection = connections_.at(id);
    if (connection.queued_bytes > context_.config.watch_queue_bytes_max) {
      for (const WatchId watch : watches) slow.emplace_back(id, watch);
      continue;
    }
    push(id, connection, watches, batch.revision, frames, events.size());
  }
  for (const Key& key : slow) {
    Watch& watch = connections_.at(key.first).watches.at(key.second);
    ++context_.counters.watchers_lagged;
    const auto mine = live_.at(group).find(key.first);
    std::erase(mine->second, key.second);
    if (mine->second.empty()) live_.at(group).erase(mine);
    make_lagging(key, watch, batch.revision);
  }
  if (live_.at(group).empty()) live_.erase(group);
}

std::vector<Bytes> WatchFeed::encode(const std::vector<mvcc::Event>& events, const mvcc::WatchSpec& spec) {
  std::vector<Bytes> frames;
  std::size_t first = 0;
  while (first < events.size()) {
    std::size_t last = first;
    for (std::size_t bytes = 0; last < events.size(); ++last) {
      bytes += size_of(events[last]);
      if (last > first && bytes > frame_bytes_max) break;
    }
    frames.push_back(
        context_.ports.events.encode(std::span(events).subspan(first, last - first), spec.want_previous, spec.keys_only));
    ++context_.counters.event_encodings;
    first = last;
  }
  return frames;
}

void WatchFeed::push(ConnectionId id, Connection& to, std::span<const WatchId> watches, Revision revision,
                     const std::vector<Bytes>& frames, std::size_t events) {
  for (std::size_t i = 0; i < frames.size(); ++i)
    to.queued_bytes += context_.ports.clients.push_events(id, watches, revision, frames[i], i + 1 < frames.size());
  context_.counters.event_frames_pushed += frames.size();
  context_.counters.events_pushed += events * watches.size();
}

void WatchFeed::on_written(ConnectionId id, std::size_t bytes) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  it->second.queued_bytes -= std::min(bytes, it->second.queued_bytes);
}

// --- Catching up
// ------------------------------------------------------------------------------------------------------------------------

void WatchFeed::ask_progress(ConnectionId connection, RequestId request) { progress_asks_.emplace_back(connection, request); }

/// A watch that waits for a revision which this member has not reached has been given all there is.
bool WatchFeed::is_behind(ConnectionId connection) const {
  for (auto it = behind_.lower_bound({connection, WatchId{}}); it != behind_.end() && it->first == connection; ++it) {
    if (connections_.at(connection).watches.at(it->second).next <= context_.machine->revision()) return true;
  }
  return false;
}

void WatchFeed::answer_progress() {
  std::erase_if(progress_asks_, [&](const auto& ask) {
    if (!connections_.contains(ask.first)) return true;
    if (is_behind(ask.first)) return false;
    context_.reply(ask.first, ask.second, Acknowledged{});
    return true;
  });
}

bool WatchFeed::catch_up() {
  const bool more = catch_up_some();
  answer_progress();
  return more;
}

bool WatchFeed::catch_up_some() {
  std::size_t budget = catch_up_batches_max;
  const std::set<Key> keys = behind_;
  auto it = resume_at_ ? keys.lower_bound(*resume_at_) : keys.begin();
  resume_at_.reset();
  for (std::size_t visited = 0; visited < keys.size(); ++visited) {
    if (it == keys.end()) it = keys.begin();
    if (budget == 0) {
      resume_at_ = *it;
      return true;
    }
    Connection& connection = connections_.at(it->first);
    const auto watch = connection.watches.find(it->second);
    if (watch != connection.watches.end())
      while (budget > 0 && catch_up_one(*it, connection, watch->second, budget)) {
      }
    ++it;
  }
  return false;
}

bool WatchFeed::catch_up_one(const Key& key, Connection& connection, Watch& watch, std::size_t& budget) {
  const mvcc::Machine& machine = *context_.machine;
  if (watch.live || watch.reading || watch.next > machine.revision().next()) return false;
  if (connection.queued_bytes > context_.config.watch_queue_bytes_max) return false;
  if (watch.next == machine.revision().next()) {
    make_live(key, watch);
    return false;
  }
  if (watch.next < machine.compacted()) {
    if (mutants::lose_event_at_compaction) {
      watch.next = machine.compacted();
      return true;
    }
    end(key, {Errc::compacted, machine.compacted()});
    return false;
  }
  if (watch.next < machine.window_start()) {
    watch.reading = true;
    const std::uint64_t token = next_token_++;
    history_reads_[token] = key;
    context_.ports.state.read_history(token, watch.next, machine.window_start().prev(), context_.config.history_read_bytes);
    return false;
  }
  const auto batches = machine.events_from(watch.next, std::min<std::size_t>(budget, 64));
  for (const auto& batch : batches) {
    --budget;
    if (!deliver_past(key, connection, watch, *batch)) return false;
  }
  if (batches.empty()) watch.next = machine.revision().next();
  return true;
}

/// False if the connection has enough queued for now.
bool WatchFeed::deliver_past(const Key& key, Connection& connection, Watch& watch, const mvcc::EventBatch& batch) {
  if (batch.revision < watch.next) return true;
  const mvcc::WatchSpec& spec = index_.spec(watch.group);
  const std::vector<mvcc::Event> events = mvcc::filtered(batch, spec);
  if (!events.empty()) push(key.first, connection, std::span(&key.second, 1), batch.revision, encode(events, spec), events.size());
  watch.next = batch.revision.next();
  return connection.queued_bytes <= context_.config.watch_queue_bytes_max;
}

void WatchFeed::on_history(HistoryRead read) {
  const auto it = history_reads_.find(read.token);
  if (it == history_reads_.end()) return;
  const Key key = it->second;
  history_reads_.erase(it);
  const auto connection = connections_.find(key.first);
  if (connection == connections_.end()) return;
  const auto watch = connection->second.watches.find(key.second);
  if (watch == connection->second.watches.end() || !watch->second.reading) return;
  // The store has taken over a snapshot whose machine is still to come: until then the watch counts as reading.
  if (read.compacted && watch->second.next >= context_.machine->compacted()) return;
  watch->second.reading = false;
  if (read.from != watch->second.next) return;  // asked by an earlier watch of the same id
  if (read.compacted) return end(key, {Errc::compacted, context_.machine->compacted()});
  for (const auto& batch : read.batches)
    if (!deliver_past(key, connection->second, watch->second, *batch)) return;
  if (!read.batches.empty()) return;
  // No event between `next` and the window: history has nothing there, so the window is where it goes on.
  watch->second.next = std::max(watch->second.next, context_.machine->window_start());
}

void WatchFeed::on_machine_replaced(Revision before) {
  std::vector<Key> keys;
  for (const auto& [group, members] : std::exchange(live_, {}))
    for (const auto& [id, watches] : members)
      for (const WatchId watch : watches) keys.emplace_back(id, watch);
  for (const Key& key : keys) {
    Watch& watch = connections_.at(key.first).watches.at(key.second);
    make_lagging(key, watch, before.next());
  }
  // What the store answers yet was asked for the window of the machine before.
  history_reads_.clear();
  for (const Key& key : behind_) connections_.at(key.first).watches.at(key.second).reading = false;
  fire(turns_.reevaluate(*context_.machine));
}

std::optional<Revision> WatchFeed::oldest_needed() const {
  std::optional<Revision> oldest;
  for (const Key& key : behind_) {
    const Watch& watch = connections_.at(key.first).watches.at(key.second);
    if (context_.now - watch.catching_up_since > young_catch_up) continue;
    if (!oldest || watch.next < *oldest) oldest = watch.next;
  }
  return oldest;
}

// --- Other news
// -------------------------------------------------------------------------------------------------------------------------

/// Behind everything delivered: all events up to this revision have been sent to these watches.
void WatchFeed::send_bookmarks() {
  if (context_.now < next_bookmarks_) return;
  next_bookmarks_ = context_.now + context_.config.bookmark_interval;
  for (auto& [id, connection] : connections_) {
    std::vector<WatchId> watches;
    for (const auto& [watch_id, watch] : connection.watches)
      if (watch.live && watch.bookmarks) watches.push_back(watch_id);
    if (watches.empty() || connection.queued_bytes > context_.config.watch_queue_bytes_max) continue;
    connection.queued_bytes += context_.ports.clients.push_bookmark(id, watches, context_.machine->revision());
  }
}

void WatchFeed::tell_leader(bool has_leader) {
  const MemberId leader = context_.core.leader().value_or(MemberId{});
  for (const auto& [id, connection] : connections_) context_.ports.clients.push_leader_news(id, has_leader, leader);
}

}  // namespace conclave::engine
