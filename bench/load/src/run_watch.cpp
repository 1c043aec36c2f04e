#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>

#include "fleet.hpp"
#include "phases.hpp"
#include "runs.hpp"
#include "window.hpp"

namespace conclave::bench {
namespace {

struct Tally {
  Histogram latency;
  std::uint64_t events = 0;
  std::uint64_t ended = 0;
  std::string first_error;
};

/// One writer whose values carry the time they were sent at, and many watchers of its key. The writer keeps `in_flight` writes
/// under way and begins no other while the watchers are on average more than `ahead` writes behind.
class Broadcast {
 public:
  Broadcast(Fleet& watchers, Fleet& writer, const Options& options)
      : options_(options), writer_(writer.client(0)), key_(options.prefix + "watch/key"), tallies_(watchers.threads()) {
    for (std::uint32_t i = 0; i < options.clients; ++i) {
      Tally& tally = tallies_[watchers.thread_of(i)];
      WatchOptions what;
      what.keys = Keys::prefix(options.prefix + "watch/");
      watches_.push_back(
          watchers.client(i).watch(std::move(what), [this, &tally](const WatchNotice& notice) { heard(tally, notice); }));
    }
    standing_.get_future().wait();
  }

  Outcome run() {
    window_ = Window::of(options_, Clock::now());
    const Phases phases(options_, window_);
    measuring_ = true;
    const double cpu_before = cpu_seconds();
    for (std::uint32_t i = 0; i < options_.in_flight; ++i) write();
    done_.get_future().wait();
    Outcome all;
    all.seconds = window_.seconds();
    all.operations = writes_;
    all.errors = errors_;
    all.first_error = first_error_;
    all.extra["client_cpu_seconds"] = cpu_seconds() - cpu_before;
    watches_.clear();  // from here on nobody counts
    for (const Tally& tally : tallies_) {
      all.latency.merge(tally.latency);
      all.events += tally.events;
      all.errors += tally.ended;
      if (all.first_error.empty()) all.first_error = tally.first_error;
    }
    all.extra["events_per_second"] = static_cast<double>(all.events) / all.seconds;
    return all;
  }

 private:
  void heard(Tally& tally, const WatchNotice& notice) {
    if (const auto* events = std::get_if<WatchEvents>(&notice)) {
      const auto now = Clock::now();
      for (const Event& event : events->events) count(tally, event, now);
      delivered_ += events->events.size();
      resume();
    } else if (std::holds_alternative<WatchProgress>(notice)) {
      if (!measuring_ && stand_.fetch_add(1) + 1 == options_.clients) standing_.set_value();
    } else if (const auto* ended = std::get_if<WatchEnded>(&notice)) {
      ++tally.ended;
      tally.first_error = ended->reason.message();
    }
  }

  void count(Tally& tally, const Event& event, Clock::time_point now) const {
    if (!measuring_ || !window_.contains(now) || event.kv.value.size() < sizeof(std::int64_t)) return;
    std::int64_t sent = 0;
    std::memcpy(&sent, event.kv.value.data(), sizeof sent);
    ++tally.events;
    tally.latency.record(now.time_since_epoch() - std::chrono::nanoseconds(sent));
  }

  [[nodiscard]] bool too_far_ahead() const {
    return options_.ahead > 0 && acknowledged_ * options_.clients > delivered_ + std::uint64_t{options_.ahead} * options_.clients;
  }

  void write() {
    const auto now = Clock::now();
    if (now >= window_.until) return finish_one();
    PutOp put;
    put.key = key_;
    put.value.assign(std::max<std::size_t>(options_.value_size, sizeof(std::int64_t)), 'v');
    const std::int64_t sent = std::chrono::nanoseconds(now.time_since_epoch()).count();
    std::memcpy(put.value.data(), &sent, sizeof sent);
    writer_.execute(Write{std::move(put), {}}, timeout_of(options_), [this](const Result<Reply>& reply) { written(reply); });
  }

  void written(const Result<Reply>& reply) {
    if (!reply) {
      ++errors_;
      first_error_ = reply.error().message();
      return finish_one();  // whether the watchers will hear of it nobody knows
    }
    ++acknowledged_;
    if (window_.contains(Clock::now())) ++writes_;
    if (!too_far_ahead()) return write();
    ++parked_;
    resume();  // the last watcher may have caught up just before
  }

  /// Begins the writes that wait for the watchers, as many as the watchers allow.
  void resume() {
    while (parked_ > 0 && !too_far_ahead()) {
      std::uint32_t waiting = parked_;
      while (waiting > 0 && !parked_.compare_exchange_weak(waiting, waiting - 1)) {
      }
      if (waiting > 0) write();
    }
  }

  void finish_one() {
    if (finished_.fetch_add(1) + 1 == options_.in_flight) done_.set_value();
  }

  const Options& options_;
  Client& writer_;
  std::string key_;
  Window window_{};
  std::vector<Tally> tallies_;
  std::atomic<bool> measuring_{false};
  std::atomic<std::uint32_t> stand_{0};
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> acknowledged_{0};
  std::atomic<std::uint32_t> parked_{0};    ///< writes of those in flight that wait for the watchers
  std::atomic<std::uint32_t> finished_{0};  ///< of those in flight, for good
  std::uint64_t writes_ = 0;
  std::uint64_t errors_ = 0;
  std::string first_error_;
  std::promise<void> standing_;
  std::promise<void> done_;
  std::vector<Watch> watches_;  // goes first: no notice comes after
};

}  // namespace

Result<Outcome> run_watch(const Options& options) {
  Options writing = options;
  writing.threads = 1;
  std::unique_ptr<Broadcast> broadcast;
  auto writer = Fleet::open(writing, 1);
  if (!writer) return fail(writer.error());
  auto watchers = Fleet::open(options, options.connections);
  if (!watchers) return fail(watchers.error());
  broadcast = std::make_unique<Broadcast>(*watchers, *writer, options);
  return broadcast->run();
}

}  // namespace conclave::bench
