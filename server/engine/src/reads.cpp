#include "reads.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace conclave::engine {
namespace {

constexpr std::size_t expected_max = 32;  // their keys and values stay in the nearer caches

/// The newer overlay covers later revisions: a key's oldest change wins, so rows already there stay.
void merge_into(mvcc::HistoryOverlay& older, mvcc::HistoryOverlay newer) {
  const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
  const auto middle = static_cast<std::ptrdiff_t>(older.rows.size());
  older.rows.insert(older.rows.end(), std::make_move_iterator(newer.rows.begin()), std::make_move_iterator(newer.rows.end()));
  std::inplace_merge(older.rows.begin(), older.rows.begin() + middle, older.rows.end(), by_key);
  const auto last =
      std::unique(older.rows.begin(), older.rows.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  older.rows.erase(last, older.rows.end());
}

mvcc::WatchSpec keys_of(const mvcc::KeySelector& keys) {
  mvcc::WatchSpec spec;
  spec.kind = keys.kind;
  spec.begin = keys.begin;
  spec.end = keys.end;
  return spec;
}

}  // namespace

template <class Visit>
void Reads::for_each_stage(Visit visit) {
  visit(gathering_);
  for (auto& [id, round] : rounds_) visit(round.local);
  for (auto& [id, asked] : asked_) visit(asked.reads);
  for (auto& [index, group] : at_index_) visit(group);
  visit(at_revision_);
}

Reads::Reads(Context& context) : context_(context), next_ask_(context.prng.next() >> 1) {}

std::size_t Reads::waiting() const {
  std::size_t count = gathering_.size() + at_revision_.size() + overlays_.size();
  for (const auto& [id, round] : rounds_) count += round.local.size();
  for (const auto& [id, asked] : asked_) count += asked.reads.size();
  for (const auto& [index, group] : at_index_) count += group.size();
  return count;
}

void Reads::ask(ConnectionId connection, RequestId request, ReadRequest read) {
  if (gathering_.size() >= context_.config.reads_waiting_max)
    return context_.refuse(connection, request, Errc::overloaded, "too many reads wait");
  Group one;
  one.push_back({connection, request, std::move(read), context_.now, {}, {}});
  if (one.front().read.consistency == Consistency::at_least_revision && one.front().read.revision > context_.machine->revision())
    return at_revision_.splice(at_revision_.end(), one);
  if (local_is_enough(one.front().read)) {
    ++context_.counters.reads_local;
    return execute(one.front());
  }
  ++context_.counters.reads_linearizable;
  gathering_.splice(gathering_.end(), one);
}

void Reads::ask_then(ConnectionId connection, RequestId request, WatchId watch, std::function<void()> then) {
  if (gathering_.size() >= context_.config.reads_waiting_max)
    return context_.refuse(connection, request, Errc::overloaded, "too many reads wait");
  gathering_.push_back({connection, request, ReadRequest{}, context_.now, watch, std::move(then)});
}

void Reads::cancel(ConnectionId connection, WatchId watch) {
  for_each_stage([&](Group& group) {
    group.remove_if([&](const Waiting& waiting) {
      if (!waiting.then || waiting.connection != connection || waiting.watch != watch) return false;
      context_.refuse(connection, waiting.request, Errc::cancelled, "the watch was cancelled");
      return true;
    });
  });
}

bool Reads::local_is_enough(const ReadRequest& read) const {
  switch (read.consistency) {
    case Consistency::linearizable: return false;
    case Consistency::serializable:
    case Consistency::at_least_revision: return true;
    case Consistency::at_most_old: return !context_.core.is_leader() && leader_heard_ && context_.now - *leader_heard_ <= read.age;
  }
  return false;
}

void Reads::gather(Group&& reads) { gathering_.splice(gathering_.end(), reads); }

void Reads::on_connection_closed(ConnectionId connection) {
  const auto gone = [&](const Waiting& waiting) { return waiting.connection == connection; };
  for_each_stage([&](Group& group) { group.remove_if(gone); });
  std::erase_if(overlays_, [&](const auto& item) { return gone(item.second.waiting); });
}

// --- Rounds
// -------------------------------------------------------------------------------------------------------------------------

void Reads::start_round() {
  if (gathering_.empty()) return;
  if (context_.core.is_leader()) {
    const auto round = context_.core.begin_read();
    if (!round) return;
    ++context_.counters.read_rounds;
    Round& mine = rounds_[*round];
    mine.local.splice(mine.local.end(), gathering_);
    return;
  }
  const auto leader = context_.other_leader();
  if (!leader) return;
  const std::uint64_t number = next_ask_++;
  Asked& asked = asked_[number];
  asked.leader = *leader;
  asked.reads.splice(asked.reads.end(), gathering_);
  context_.ports.peers.send(*leader, ReadIndexAsk{number});
}

void Reads::on_index_ask(MemberId from, const ReadIndexAsk& ask) {
  const auto round = context_.core.begin_read();
  if (!round) return context_.ports.peers.send(from, ReadIndexAnswer{ask.round, false, {}});
  rounds_[*round].remote.emplace_back(from, ask.round);
}

void Reads::on_granted(const raft::ReadGrant& grant) {
  const auto it = rounds_.find(grant.round);
  if (it == rounds_.end()) return;
  Round round = std::move(it->second);
  rounds_.erase(it);
  for (const auto& [member, number] : round.remote) context_.ports.peers.send(member, ReadIndexAnswer{number, true, grant.index});
  await_index(std::move(round.local), grant.index);
}

void Reads::on_round_lost(const raft::ReadRoundId& id) {
  const auto it = rounds_.find(id);
  if (it == rounds_.end()) return;
  Round round = std::move(it->second);
  rounds_.erase(it);
  for (const auto& [member, number] : round.remote) context_.ports.peers.send(member, ReadIndexAnswer{number, false, {}});
  gather(std::move(round.local));
}

void Reads::on_index_answer(MemberId from, const ReadIndexAnswer& answer) {
  const auto it = asked_.find(answer.round);
  if (it == asked_.end() || it->second.leader != from) return;
  Group reads = std::move(it->second.reads);
  asked_.erase(it);
  if (answer.granted) return await_index(std::move(reads), answer.index);
  if (context_.core.is_leader() || context_.other_leader() != from) return gather(std::move(reads));
  // It leads no longer and we have not heard of another: they wait in a round of their own until there is one.
  asked_[next_ask_++] = {MemberId{}, std::move(reads)};
}

void Reads::on_leader_changed() {
  leader_heard_.reset();
  std::map<std::uint64_t, Asked> asked = std::exchange(asked_, {});
  for (auto& [number, group] : asked) gather(std::move(group.reads));  // a read has no effect: ask the next leader
}

void Reads::await_index(Group&& reads, Index index) {
  if (reads.empty()) return;
  Group& waiting = at_index_.emplace(index, Group{})->second;
  waiting.splice(waiting.end(), reads);
}

// --- Answers
// ------------------------------------------------------------------------------------------------------------------------

void Reads::answer() {
  while (!at_index_.empty() && at_index_.begin()->first <= context_.machine->applied()) {
    Group group = std::move(at_index_.begin()->second);
    at_index_.erase(at_index_.begin());
    execute_all(group);
  }
  for (auto it = at_revision_.begin(); it != at_revision_.end();) {
    if (it->read.revision > context_.machine->revision()) {
      ++it;
      continue;
    }
    ++context_.counters.reads_local;
    execute(*it);
    it = at_revision_.erase(it);
  }
}

void Reads::execute_all(Group& group) {
  std::size_t position = 0;
  for (auto it = group.begin(); it != group.end(); ++it) {
    if (position++ % expected_max == 0) expect_keys(it, group.end());
    execute(*it);
  }
}

/// Only the memory is touched: what a read finds is decided when it is its turn.
void Reads::expect_keys(Group::const_iterator first, Group::const_iterator last) const {
  std::array<ByteView, expected_max> keys;
  std::size_t count = 0;
  for (std::size_t looked = 0; first != last && looked < expected_max; ++first, ++looked) {
    const auto* range = std::get_if<mvcc::RangeOp>(&first->read.query);
    if (range != nullptr && range->keys.kind == mvcc::KeySelector::Kind::single) keys[count++] = range->keys.begin;
  }
  context_.machine->expect({keys.data(), count});
}

void Reads::execute(Waiting& waiting) {
  if (waiting.then) return waiting.then();
  const mvcc::Machine& machine = *context_.machine;
  if (!machine.guards_hold(waiting.read.guards))
    return context_.refuse(waiting.connection, waiting.request, Errc::fenced, "a guard of the read does not hold");
  const auto reply = [&](const ReplyBody& body) { context_.reply(waiting.connection, waiting.request, body); };
  const auto respond = [&](mvcc::ResponseBody body) {
    reply(std::make_shared<const mvcc::Response>(mvcc::Response{machine.revision(), std::move(body)}));
  };
  if (const auto* range = std::get_if<mvcc::RangeOp>(&waiting.read.query)) return execute_range(waiting, *range, nullptr);
  if (const auto* txn = std::get_if<mvcc::TxnOp>(&waiting.read.query)) {
    auto result = machine.read_txn(*txn);
    if (!result) return context_.refuse(waiting.connection, waiting.request, result.error().code, result.error().context);
    return respond(std::move(*result));
  }
  if (const auto* lease = std::get_if<LeaseTimeToLive>(&waiting.read.query)) {
    const auto info = machine.lease(lease->id, lease->with_keys);
    if (!info) return context_.refuse(waiting.connection, waiting.request, Errc::lease_not_found, "lease " + to_string(lease->id));
    return reply(*info);
  }
  constexpr std::size_t page_max = 10'000;
  const auto& list = std::get<LeaseList>(waiting.read.query);
  reply(machine.leases(list.from, list.count_max == 0 ? page_max : std::min<std::size_t>(list.count_max, page_max)));
}

void Reads::execute_range(Waiting& waiting, const mvcc::RangeOp& op, const mvcc::HistoryOverlay* overlay) {
  if (overlay == nullptr && !op.at.is_zero() && context_.machine->history_needed(op.at)) return ask_overlay(waiting, op, op.at);
  auto result = context_.machine->range(op, overlay);
  if (!result) return context_.refuse(waiting.connection, waiting.request, result.error().code, result.error().context);
  context_.reply(waiting.connection, waiting.request,
                 std::make_shared<const mvcc::Response>(mvcc::Response{context_.machine->revision(), std::move(*result)}));
}

void Reads::ask_overlay(Waiting& waiting, const mvcc::RangeOp& op, Revision from) {
  const std::uint64_t token = next_token_++;
  const Revision until = context_.machine->window_start().prev();
  const mvcc::WatchSpec keys = keys_of(op.keys);
  overlays_.emplace(token, Overlaid{std::move(waiting), {}, from});
  context_.ports.state.read_overlay(token, keys, from, until);
}

void Reads::on_overlay(OverlayRead read) {
  const auto it = overlays_.find(read.token);
  if (it == overlays_.end()) return;
  Overlaid& overlaid = it->second;
  const mvcc::RangeOp op = std::get<mvcc::RangeOp>(overlaid.waiting.read.query);
  merge_into(overlaid.overlay, std::move(read.overlay));
  overlaid.until = read.until;
  const bool compacted = read.compacted || op.at < context_.machine->compacted();
  if (!compacted && overlaid.until.next() < context_.machine->window_start()) {  // the window moved on meanwhile: read the gap too
    return context_.ports.state.read_overlay(read.token, keys_of(op.keys), overlaid.until, context_.machine->window_start().prev());
  }
  Overlaid done = std::move(overlaid);
  overlays_.erase(it);
  if (compacted)
    return context_.refuse(done.waiting.connection, done.waiting.request, Errc::compacted, "revision " + to_string(op.at));
  execute_range(done.waiting, op, &done.overlay);
}

void Reads::expire_patience() {
  const auto expire = [&](Group& group, Errc code, const char* text) {
    for (auto it = group.begin(); it != group.end();) {
      if (context_.now - it->since < context_.config.forward_patience) {
        ++it;
        continue;
      }
      context_.refuse(it->connection, it->request, code, text);
      it = group.erase(it);
    }
  };
  for_each_stage([&](Group& group) {
    if (&group == &at_revision_)
      expire(group, Errc::future_revision, "this member has not reached the revision");
    else
      expire(group, Errc::no_leader, "no read index in time");
  });
  std::erase_if(asked_, [](const auto& item) { return item.second.reads.empty(); });
}

void Reads::refuse_all(Errc code) {
  for_each_stage([&](Group& group) {
    for (const Waiting& waiting : group) context_.refuse(waiting.connection, waiting.request, code);
    group.clear();
  });
}

}  // namespace conclave::engine
