#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "fleet.hpp"
#include "idle_watches.hpp"
#include "phases.hpp"
#include "runs.hpp"
#include "source.hpp"
#include "window.hpp"

namespace conclave::bench {
namespace {

constexpr std::uint32_t errors_in_a_row_max = 100;

/// What the callers of one thread count; only that thread touches it.
struct Tally {
  Histogram latency;
  std::uint64_t operations = 0;
  std::uint64_t errors = 0;
  std::string first_error;
};

class Load;

struct Caller {
  Load& load;
  Client& client;
  Tally& tally;
  std::unique_ptr<Source> source;
  Clock::time_point meant{};  ///< when the present request was meant to start
  std::uint32_t errors_in_a_row = 0;
};

/// The callers of one run. Closed loop: each starts its next request when it has the answer. Open loop: run() hands out intended
/// starts to callers that are free, and those that find none free wait in a queue; latency counts from the intended start.
class Load {
 public:
  Load(Fleet& fleet, const SourceSetup& setup) : options_(setup.options), tallies_(fleet.threads()) {
    for (std::uint32_t i = 0; i < options_.clients; ++i)
      callers_.push_back(
          std::unique_ptr<Caller>(new Caller{*this, fleet.client(i), tallies_[fleet.thread_of(i)], make_source(setup, i)}));
  }

  Outcome run() {
    const auto start = Clock::now();
    window_ = Window::of(options_, start);
    const Phases phases(options_, window_);
    const double cpu_before = cpu_seconds();
    if (options_.rate > 0)
      pace(OpenLoop(start, options_.rate));
    else
      for (const auto& caller : callers_) begin(*caller, Clock::now());
    done_.get_future().wait();
    return outcome(cpu_seconds() - cpu_before);
  }

 private:
  void begin(Caller& caller, Clock::time_point meant) {
    caller.meant = meant;
    caller.client.execute(caller.source->next(), timeout_of(options_),
                          [this, &caller](const Result<Reply>& reply) { end(caller, reply); });
  }

  void end(Caller& caller, const Result<Reply>& reply) {
    const auto now = Clock::now();
    if (reply) {
      caller.source->take(*reply);
      caller.errors_in_a_row = 0;
    } else {
      if (caller.tally.first_error.empty()) caller.tally.first_error = reply.error().message();
      ++caller.errors_in_a_row;
    }
    if (window_.contains(now)) {
      reply ? ++caller.tally.operations : ++caller.tally.errors;
      if (reply) caller.tally.latency.record(now - caller.meant);
    }
    if (options_.rate > 0) return go_on_open(caller, now);
    if (now >= window_.until || caller.errors_in_a_row >= errors_in_a_row_max) return finish_one();
    begin(caller, now);
  }

  void go_on_open(Caller& caller, Clock::time_point now) {
    std::unique_lock lock(mutex_);
    if (now >= window_.until) backlog_.clear();
    if (backlog_.empty()) {
      free_.push_back(&caller);
      if (paced_ && free_.size() == callers_.size()) done_.set_value();
      return;
    }
    const auto meant = backlog_.front();
    backlog_.pop_front();
    lock.unlock();
    begin(caller, meant);
  }

  void pace(const OpenLoop& schedule) {
    for (const auto& caller : callers_) free_.push_back(caller.get());
    std::uint64_t number = 0;
    while (schedule.start_of(number) < window_.until) {
      std::this_thread::sleep_until(schedule.start_of(number));
      for (const std::uint64_t due = schedule.due_at(std::min(Clock::now(), window_.until)); number < due; ++number)
        hand_out(schedule.start_of(number));
    }
    const std::lock_guard lock(mutex_);
    left_over_ = backlog_.size();
    paced_ = true;
    if (free_.size() == callers_.size()) done_.set_value();
  }

  void hand_out(Clock::time_point meant) {
    Caller* caller = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (free_.empty()) return backlog_.push_back(meant);
      caller = free_.back();
      free_.pop_back();
    }
    begin(*caller, meant);
  }

  void finish_one() {
    if (finished_.fetch_add(1) + 1 == callers_.size()) done_.set_value();
  }

  Outcome outcome(double cpu) const {
    Outcome all;
    all.seconds = window_.seconds();
    for (const Tally& tally : tallies_) {
      all.latency.merge(tally.latency);
      all.operations += tally.operations;
      all.errors += tally.errors;
      if (all.first_error.empty()) all.first_error = tally.first_error;
    }
    for (const auto& caller : callers_)
      if (const std::string name = caller->source->counter_name(); !name.empty())
        all.extra[name] += static_cast<double>(caller->source->counter());
    all.extra["client_cpu_seconds"] = cpu;
    if (options_.rate > 0) {
      all.extra["rate"] = options_.rate;
      all.extra["not_started"] = static_cast<double>(left_over_);
    }
    return all;
  }

  const Options& options_;
  Window window_{};
  std::vector<Tally> tallies_;
  std::vector<std::unique_ptr<Caller>> callers_;
  std::atomic<std::size_t> finished_{0};
  std::promise<void> done_;
  std::mutex mutex_;  ///< of the open loop's queues
  std::vector<Caller*> free_;
  std::deque<Clock::time_point> backlog_;
  std::size_t left_over_ = 0;
  bool paced_ = false;
};

}  // namespace

Result<Outcome> run_requests(const Options& options) {
  SourceSetup setup{options, {}};
  std::unique_ptr<Load> load;  // goes after the fleet's threads, which call it
  auto fleet = Fleet::open(options, options.connections);
  if (!fleet) return fail(fleet.error());
  if (options.fill && reads_keys(options.workload))
    if (const auto filled = fill(*fleet, options); !filled) return fail(filled.error());
  if (options.workload == Workload::lease_renew) {
    auto leases = grant_leases(*fleet, options, options.leases);
    if (!leases) return fail(leases.error());
    setup.leases = std::move(*leases);
  }
  const auto idle = open_idle_watches(*fleet, options);
  if (!idle) return fail(idle.error());
  load = std::make_unique<Load>(*fleet, setup);
  return load->run();
}

Result<Outcome> run_fill(const Options& options) {
  auto fleet = Fleet::open(options, options.connections);
  if (!fleet) return fail(fleet.error());
  const auto start = Clock::now();
  if (const auto filled = fill(*fleet, options); !filled) return fail(filled.error());
  Outcome outcome;
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  outcome.operations = options.keys;
  return outcome;
}

}  // namespace conclave::bench
