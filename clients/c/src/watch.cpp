#include <condition_variable>
#include <deque>

#include "client.hpp"
#include "notice.hpp"

namespace conclave::c {
namespace {

constexpr std::size_t notices_max = 1024;

/// A watch with its callback, or with the notices that wait to be asked for. When too many wait, the watch is given up, and taken
/// up again behind them once half of them were fetched: what happened meanwhile waits in the servers' history.
class RunningWatch final : public Body {
 public:
  RunningWatch(conclave_client* client, conclave_watch_callback on_notice, void* user)
      : client_(client), patience_(client->request_timeout), on_notice_(on_notice), user_(user) {}

  void start(WatchOptions options) {
    options_ = std::move(options);
    hold(client_->client.watch(options_, handler()));
  }
  void start(TurnOptions options) { hold(client_->client.watch_turn(std::move(options), handler())); }
  Result<std::unique_ptr<conclave_notice>> next(std::optional<std::chrono::milliseconds> patience);
  [[nodiscard]] const conclave_client* client() const { return client_; }
  [[nodiscard]] bool tells() const { return on_notice_ != nullptr; }

 private:
  [[nodiscard]] WatchHandler handler() {
    return [this](const WatchNotice& notice) { on_notice_ != nullptr ? tell(notice) : keep(notice); };
  }
  void hold(Watch watch) {
    const std::lock_guard lock(mutex_);
    watch_ = std::move(watch);
  }
  void tell(const WatchNotice& notice) const;
  void keep(const WatchNotice& notice);
  void resume_if_drained(std::unique_lock<std::mutex>& lock);
  void on_end() override;

  conclave_client* const client_;
  const std::chrono::milliseconds patience_;
  const conclave_watch_callback on_notice_;
  void* const user_;
  WatchOptions options_;

  std::mutex mutex_;  ///< never held while something waits for the client's thread
  std::condition_variable changed_;
  Watch watch_;
  std::deque<WatchNotice> notices_;
  Revision seen_;           ///< the last revision that was kept
  bool suspended_ = false;  ///< given up until notices_ has room
  bool resuming_ = false;   ///< a thread takes it up again: watch_ is that thread's
  bool over_ = false;       ///< nothing comes after what is there
};

void RunningWatch::tell(const WatchNotice& notice) const {
  const InCallback scope(client_);
  const conclave_notice lent(notice);
  on_notice_(user_, &lent);
}

void RunningWatch::keep(const WatchNotice& notice) {
  const std::lock_guard lock(mutex_);
  if (suspended_ || over_) return;
  const auto* progress = std::get_if<WatchProgress>(&notice);
  const auto* events = std::get_if<WatchEvents>(&notice);
  if (progress != nullptr && !notices_.empty() && std::holds_alternative<WatchProgress>(notices_.back())) notices_.pop_back();
  if (notices_.size() >= notices_max && (progress != nullptr || events != nullptr)) {
    suspended_ = true;
    if (!resuming_) watch_.cancel();  // on the client's own thread it waits for nothing
    return;
  }
  if (progress != nullptr) seen_ = progress->revision;
  if (events != nullptr) seen_ = events->revision;
  over_ = std::holds_alternative<WatchEnded>(notice) || std::holds_alternative<TurnFired>(notice);
  notices_.push_back(notice);
  changed_.notify_all();
}

void RunningWatch::resume_if_drained(std::unique_lock<std::mutex>& lock) {
  if (!suspended_ || resuming_ || over_ || notices_.size() > notices_max / 2) return;
  resuming_ = true;
  Watch old = std::move(watch_);
  lock.unlock();
  old.cancel();  // nothing of it is kept after this
  lock.lock();
  suspended_ = false;
  options_.from = seen_.next();
  lock.unlock();
  Watch again = client_->client.watch(options_, handler());
  lock.lock();
  watch_ = std::move(again);
  resuming_ = false;
  changed_.notify_all();
  if (!over_) return;
  Watch unwanted = std::move(watch_);  // it ended meanwhile
  lock.unlock();
  unwanted.cancel();
  lock.lock();
}

Result<std::unique_ptr<conclave_notice>> RunningWatch::next(std::optional<std::chrono::milliseconds> patience) {
  std::unique_lock lock(mutex_);
  resume_if_drained(lock);
  const auto something = [&] { return !notices_.empty() || over_; };
  if (!changed_.wait_for(lock, patience.value_or(patience_), something)) return fail(Errc::timeout, "no notice yet");
  if (notices_.empty()) return fail(Errc::shutting_down, "the watch has ended");
  auto notice = std::make_unique<conclave_notice>(notices_.front());
  notices_.pop_front();
  return notice;
}

void RunningWatch::on_end() {
  std::unique_lock lock(mutex_);
  over_ = true;
  notices_.clear();
  changed_.notify_all();
  if (resuming_ && InCallback::of(client_)) return;  // the thread that resumes it ends it: it waits for this one
  changed_.wait(lock, [&] { return !resuming_; });
  Watch ended = std::move(watch_);
  lock.unlock();
  ended.cancel();
}

}  // namespace
}  // namespace conclave::c

struct conclave_watch : conclave::c::Handle<conclave::c::RunningWatch> {};

namespace conclave::c {
namespace {

template <class Convert>
conclave_code open(conclave_client* client, const conclave_watch_options* given, conclave_watch** watch, conclave_error* error,
                   Convert convert) {
  return guarded(error, [&] {
    Arguments in;
    in.require(client != nullptr, "client is NULL");
    in.require(watch != nullptr, "watch is NULL");
    const conclave_watch_options options = in.options(given);
    auto wanted = convert(in, options);
    if (in.error()) return report(error, *in.error());
    auto body = std::make_shared<RunningWatch>(client, options.on_notice, options.user);
    auto handle = std::make_unique<conclave_watch>(conclave_watch{{client->handles, body}});
    body->start(std::move(wanted));
    if (!client->handles->add(body)) return report(error, Error{Errc::shutting_down, "the client is closed"});
    *watch = handle.release();
    return report_success(error);
  });
}

WatchOptions watch_options(Arguments& in, const conclave_keys& keys, const conclave_watch_options& from) {
  WatchOptions to;
  to.keys = in.keys(keys);
  to.from = Revision(from.from);
  to.no_put = from.no_put;
  to.no_delete = from.no_delete;
  to.want_previous = from.want_previous;
  to.keys_only = from.keys_only;
  return to;
}

conclave_code next(conclave_watch* watch, std::int64_t timeout_ms, conclave_notice** notice, conclave_error* error) {
  Arguments in;
  in.require(watch != nullptr, "watch is NULL");
  in.require(notice != nullptr, "notice is NULL");
  in.require(watch == nullptr || !watch->body->tells(), "the watch has a callback");
  const auto timeout = in.timeout(timeout_ms);
  if (in.error()) return report(error, *in.error());
  if (timeout_ms != 0 && InCallback::of(watch->body->client()))
    return report(error, Error{would_deadlock, "a blocking call in a callback"});
  auto got = watch->body->next(timeout);
  if (!got) return report(error, got.error());
  *notice = got->release();
  return report_success(error);
}

}  // namespace
}  // namespace conclave::c

extern "C" {

conclave_code conclave_watch_open(conclave_client* client, conclave_keys keys, const conclave_watch_options* options,
                                  conclave_watch** watch, conclave_error* error) {
  return conclave::c::open(client, options, watch, error, [&](conclave::c::Arguments& in, const conclave_watch_options& from) {
    return conclave::c::watch_options(in, keys, from);
  });
}
conclave_code conclave_watch_turn(conclave_client* client, conclave_bytes prefix, conclave_bytes own_key, uint64_t places,
                                  const conclave_watch_options* options, conclave_watch** watch, conclave_error* error) {
  return conclave::c::open(client, options, watch, error, [&](conclave::c::Arguments& in, const conclave_watch_options&) {
    return conclave::TurnOptions{in.bytes(prefix, "the prefix"), in.bytes(own_key, "the own key"), places};
  });
}
void conclave_watch_free(conclave_watch* watch) {
  if (watch != nullptr) watch->free();
}
void conclave_watch_cancel(conclave_watch* watch) {
  if (watch != nullptr) watch->body->end(watch->body->client());
}
conclave_code conclave_watch_next(conclave_watch* watch, int64_t timeout_ms, conclave_notice** notice, conclave_error* error) {
  return conclave::c::guarded(error, [&] { return conclave::c::next(watch, timeout_ms, notice, error); });
}

}  // extern "C"
