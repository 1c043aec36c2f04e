#include "conclave/recipes_core/cached_view.hpp"

#include <algorithm>

#include "conclave/recipes_core/place.hpp"

namespace conclave::recipes::core {
namespace {

constexpr Duration page_patience = seconds(10);
constexpr Duration pause_first = milliseconds(50);
constexpr Duration pause_last = seconds(5);
constexpr Duration move_patience = milliseconds(20);
constexpr std::uint64_t page_bytes = std::uint64_t{1} << 20U;

/// Asking again does not help, or not soon: who waits is told.
bool is_refusal(Errc code) {
  return code == Errc::permission_denied || code == Errc::unauthenticated || code == Errc::invalid_argument ||
         code == Errc::unsupported || code == Errc::shutting_down;
}

/// How many keys there are, and how many of them changed after `revision`.
Txn counts_since(const std::string& prefix, Revision revision) {
  RangeOp changed = count_of(prefix);
  changed.min_mod = revision.next();
  Txn txn;
  txn.then(count_of(prefix)).then(std::move(changed));
  return txn;
}

std::uint64_t count_at(TxnResult& txn, std::size_t at) {
  const auto range = result_at<RangeResult>(txn.results, at);
  return range ? range->count : ~std::uint64_t{0};
}

}  // namespace

Keys rest_of_prefix(std::string begin, const std::string& prefix) {
  std::string end = prefix;
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (end.empty()) return Keys::from(std::move(begin));
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return Keys::range(std::move(begin), std::move(end));
}

View::View(Store& store, std::string prefix, Duration confirm_every)
    : store_(store), prefix_(std::move(prefix)), confirm_every_(confirm_every) {}

void View::start() {
  run(shared_from_this());
  if (confirm_every_ > Duration::zero()) confirm(shared_from_this());
}

void View::stop() {
  stop_->raise();
  moved();
  kept_.reset();
}

std::optional<Instant> View::confirmed_at() const {
  if (!listed_) return std::nullopt;
  return Instant(Duration(confirmed_at_.load()));
}

void View::confirmed(Instant sent) {
  confirmed_at_ = std::max(confirmed_at_.load(), std::int64_t{sent.time_since_epoch().count()});
}

void View::moved() { moved_.tell(); }

Detached View::run(ViewPtr self) {
  Duration rest = pause_first;
  while (!self->stop_->raised() && !self->store_.is_closed()) {
    auto listing = list(self);
    Result<bool> listed = co_await std::move(listing);
    Error why;
    if (listed) {
      rest = pause_first;
      auto following = follow(self);
      why = co_await std::move(following);
    } else {
      why = listed.error();
    }
    if (self->stop_->raised()) break;
    if (!self->listed_ && is_refusal(why.code)) self->refused_ = why;
    self->moved();
    if (listed && why.code == Errc::compacted) continue;
    // Half of the pause is by chance, so that many views do not come back together.
    const Duration chance(static_cast<Duration::rep>(self->store_.random() % static_cast<std::uint64_t>(rest.count())));
    auto resting = pause(self->store_, rest / 2 + chance / 2, Call{Instant::max(), self->stop_});
    (void)co_await std::move(resting);
    rest = std::min(rest * 2, pause_last);
  }
  if (!self->listed_) self->refused_ = Error{Errc::shutting_down, "the client is closed"};
  self->moved();
}

/// All pages at the revision of the first one.
Task<Result<bool>> View::list(ViewPtr self) {
  const Instant sent = self->store_.now();
  KeyMap keys;
  Revision revision;
  RangeOp page;
  page.keys = Keys::prefix(self->prefix_);
  page.limit_bytes = page_bytes;
  while (true) {
    auto asking = execute(self->store_, newest(page), Call{self->store_.now() + page_patience, self->stop_});
    Result<Reply> reply = co_await std::move(asking);
    if (!reply) co_return fail(std::move(reply.error()));
    auto* range = std::get_if<RangeResult>(&reply->body);
    if (range == nullptr) co_return fail(Errc::internal, "an answer of another kind than was asked for");
    if (revision.is_zero()) revision = reply->header.revision;
    for (KeyValue& kv : range->kvs) keys.insert_or_assign(kv.key, std::move(kv));
    if (!range->more) break;
    page.keys = rest_of_prefix(std::move(range->next_key), self->prefix_);
    page.at = revision;
  }
  const MirrorChange change = self->mirror_.replace(revision, std::move(keys));
  self->confirmed(sent);
  self->listed_ = true;
  self->refused_.reset();
  self->changed_.tell(change);
  self->moved();
  co_return true;
}

void View::take(const WatchEvents& events) {
  const MirrorChange change = mirror_.apply(events);
  if (!change.keys.empty()) changed_.tell(change);
  moved();
}

/// Until the watch ends: why it did.
Task<Error> View::follow(ViewPtr self) {
  if (self->stop_->raised()) co_return Error{Errc::cancelled, "stopped"};
  const auto ended = std::make_shared<Promise<Error>>();
  WatchOptions options;
  options.keys = Keys::prefix(self->prefix_);
  options.from = self->mirror_.revision().next();
  const WatchHold watch(self->store_,
                        self->store_.watch(std::move(options), [weak = self->weak_from_this(), ended](const WatchNotice& notice) {
                          const auto view = weak.lock();
                          if (!view || view->stop_->raised()) return;
                          if (const auto* events = std::get_if<WatchEvents>(&notice)) view->take(*events);
                          if (const auto* progress = std::get_if<WatchProgress>(&notice)) {
                            view->mirror_.reach(progress->revision);
                            view->moved();
                          }
                          if (const auto* end = std::get_if<WatchEnded>(&notice)) ended->set(end->reason);
                        }));
  const Subscription on_stop = self->stop_->on_raise([ended] { ended->set(Error{Errc::cancelled, "stopped"}); });
  Error why = co_await ended->wait();
  co_return why;
}

/// Waits for the mirror to move, at most `patience`.
Task<Result<bool>> View::await_move(ViewPtr self, Duration patience, Call call) {
  if (self->stop_->raised()) co_return fail(Errc::cancelled, "the view was stopped");
  if (const auto going = may_go_on(self->store_, call); !going) co_return fail(going.error());
  const auto promise = std::make_shared<Promise<bool>>();
  {
    const Instant until = patience == Duration::max() ? call.deadline : std::min(self->store_.now() + patience, call.deadline);
    const Subscription on_move = self->moved_.add([promise] { promise->set(true); });
    const Subscription on_stop = call.stop->on_raise([promise] { promise->set(false); });
    const Timer timer(self->store_, until, [promise] { promise->set(false); });
    co_await promise->wait();
  }
  if (self->stop_->raised()) co_return fail(Errc::cancelled, "the view was stopped");
  if (self->store_.is_closed()) co_return fail(Errc::shutting_down, "the client is closed");
  if (const auto going = may_go_on(self->store_, call); !going) co_return fail(going.error());
  co_return true;
}

Task<Result<bool>> View::listed(ViewPtr self, Call call) {
  while (!self->listed_) {
    if (self->refused_) co_return fail(*self->refused_);
    auto waiting = await_move(self, Duration::max(), call);
    Result<bool> moved = co_await std::move(waiting);
    if (!moved) co_return fail(std::move(moved.error()));
  }
  co_return true;
}

/// The counts prove that nothing happened since the mirror's revision: no key is newer, and none is missing. Else what happened is
/// on its way.
Task<Result<Revision>> View::sync(ViewPtr self, Call call) {
  auto first = listed(self, call);
  Result<bool> there = co_await std::move(first);
  if (!there) co_return fail(std::move(there.error()));
  std::optional<Revision> goal;
  Instant sent;
  while (true) {
    const Revision before = self->mirror_.revision();
    if (goal && before >= *goal) break;
    const Instant asked = self->store_.now();
    auto asking = execute(self->store_, Read{counts_since(self->prefix_, before), Consistency::linearizable, {}, {}, {}}, call);
    Result<Reply> reply = co_await std::move(asking);
    if (!reply && reply.error().code == Errc::too_large) {
      // Too many keys to look at each: the watch's progress tells, within some seconds.
      auto plain = execute(self->store_, newest(count_of(self->prefix_)), call);
      reply = co_await std::move(plain);
    }
    if (!reply) co_return fail(std::move(reply.error()));
    if (!goal) {
      goal = reply->header.revision;
      sent = asked;
    }
    auto* counts = std::get_if<TxnResult>(&reply->body);
    const bool same = counts != nullptr && self->mirror_.revision() == before && count_at(*counts, 1) == 0 &&
                      count_at(*counts, 0) == self->mirror_.size();
    if (same) {
      self->mirror_.reach(reply->header.revision);
      sent = asked;
      break;
    }
    auto waiting = await_move(self, counts != nullptr ? move_patience : Duration(seconds(1)), call);
    Result<bool> moved = co_await std::move(waiting);
    if (!moved) co_return fail(std::move(moved.error()));
  }
  self->confirmed(sent);
  co_return self->mirror_.revision();
}

Detached View::confirm(ViewPtr self) {
  while (!self->stop_->raised() && !self->store_.is_closed()) {
    auto resting = pause(self->store_, self->confirm_every_, Call{Instant::max(), self->stop_});
    Result<bool> rested = co_await std::move(resting);
    if (!rested) co_return;
    auto syncing = sync(self, Call{self->store_.now() + page_patience, self->stop_});
    (void)co_await std::move(syncing);
  }
}

}  // namespace conclave::recipes::core
