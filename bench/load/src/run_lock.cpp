#include <atomic>
#include <future>

#include "conclave/client_loop.hpp"
#include "fleet.hpp"
#include "phases.hpp"
#include "runs.hpp"
#include "window.hpp"

namespace conclave::bench {
namespace {

struct Tally {
  Histogram latency;
  std::uint64_t handoffs = 0;
  std::uint64_t errors = 0;
  std::string first_error;
};

class Mutex;

/// One that wants the mutex again and again: it puts a key with a growing suffix on its lease, waits for its turn, deletes the key.
struct Contender {
  Mutex& mutex;
  Client& client;
  Tally& tally;
  LeaseId lease;
  std::string key{};
  Watch turn{};
};

class Mutex {
 public:
  Mutex(Fleet& fleet, const Options& options, const std::vector<LeaseId>& leases)
      : options_(options), prefix_(options.prefix + "lock/"), tallies_(fleet.threads()) {
    for (std::uint32_t i = 0; i < options.clients; ++i)
      contenders_.push_back(
          std::unique_ptr<Contender>(new Contender{*this, fleet.client(i), tallies_[fleet.thread_of(i)], leases[i]}));
  }

  Outcome run() {
    window_ = Window::of(options_, Clock::now());
    const Phases phases(options_, window_);
    const double cpu_before = cpu_seconds();
    // Each on its client's thread, where its later turns are handled.
    for (const auto& contender : contenders_) contender->client.loop()->post([this, who = contender.get()] { queue_up(*who); });
    done_.get_future().wait();
    Outcome all;
    all.seconds = window_.seconds();
    all.extra["client_cpu_seconds"] = cpu_seconds() - cpu_before;
    for (const Tally& tally : tallies_) {
      all.latency.merge(tally.latency);
      all.operations += tally.handoffs;
      all.errors += tally.errors;
      if (all.first_error.empty()) all.first_error = tally.first_error;
    }
    return all;
  }

 private:
  void queue_up(Contender& who) {
    if (Clock::now() >= window_.until) return finish_one();
    who.key.clear();
    PutOp put;
    put.key = prefix_;
    put.lease = who.lease;
    put.sequence = true;
    const auto taken = [this, &who](const Result<Reply>& reply) {
      const auto* result = reply ? std::get_if<PutResult>(&reply->body) : nullptr;
      if (result == nullptr) return fail_with(who, reply ? "an answer of another kind" : reply.error().message());
      who.key = result->key;
    };
    who.turn = who.client.queue_up(Write{std::move(put), {}}, {prefix_, {}, 1}, timeout_of(options_), taken,
                                   [this, &who](const WatchNotice& notice) { on_turn(who, notice); });
  }

  void on_turn(Contender& who, const WatchNotice& notice) {
    if (who.key.empty()) return;  // no place was taken, and that is counted
    const auto* fired = std::get_if<TurnFired>(&notice);
    if (fired != nullptr && !fired->gone) return hold_and_release(who);
    if (const auto* ended = std::get_if<WatchEnded>(&notice)) fail_with(who, ended->reason.message());
    if (fired != nullptr) fail_with(who, "the contender's key is gone");
  }

  void hold_and_release(Contender& who) {
    const auto now = Clock::now();
    if (holders_.fetch_add(1) != 0) fail_with(who, "two hold the mutex");
    if (window_.contains(now)) {
      ++who.tally.handoffs;
      if (const std::int64_t released = released_.load(); released != 0)
        who.tally.latency.record(now.time_since_epoch() - std::chrono::nanoseconds(released));
    }
    holders_.fetch_sub(1);
    released_ = std::chrono::nanoseconds(now.time_since_epoch()).count();
    who.client.execute(Write{DeleteOp{Keys::one(who.key)}, {}}, timeout_of(options_), [this, &who](const Result<Reply>& reply) {
      reply ? queue_up(who) : fail_with(who, reply.error().message());
    });
  }

  void fail_with(Contender& who, const std::string& why) {
    ++who.tally.errors;
    if (who.tally.first_error.empty()) who.tally.first_error = why;
    finish_one();
  }

  void finish_one() {
    if (finished_.fetch_add(1) + 1 == contenders_.size()) done_.set_value();
  }

  const Options& options_;
  std::string prefix_;
  Window window_{};
  std::vector<Tally> tallies_;
  std::vector<std::unique_ptr<Contender>> contenders_;
  std::atomic<std::int64_t> released_{0};  ///< when the holder before sent its release
  std::atomic<int> holders_{0};
  std::atomic<std::size_t> finished_{0};
  std::promise<void> done_;
};

}  // namespace

Result<Outcome> run_lock(const Options& options) {
  auto fleet = Fleet::open(options, options.connections);
  if (!fleet) return fail(fleet.error());
  const auto leases = grant_leases(*fleet, options, options.clients);
  if (!leases) return fail(leases.error());
  Mutex mutex(*fleet, options, *leases);
  Outcome outcome = mutex.run();
  const auto revoke = [&](std::uint64_t i) -> Request { return Write{Write::LeaseRevoke{(*leases)[i]}, {}}; };
  if (const auto revoked = ask_all(*fleet, options, leases->size(), 64, revoke); !revoked)
    outcome.first_error = revoked.error().message();
  return outcome;
}

}  // namespace conclave::bench
