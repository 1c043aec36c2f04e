#include "fleet.hpp"

#include <algorithm>
#include <future>
#include <thread>

namespace conclave::bench {

using namespace scheduler;
using recipes::core::Call;

namespace {

constexpr std::uint64_t jobs_of_one = 100;
constexpr auto look_every = std::chrono::milliseconds(10);

/// Asks on the client's thread.
template <class T>
T there(const recipes::Base& base, const std::function<T()>& ask) {
  std::promise<T> answer;
  auto future = answer.get_future();
  if (!base.loop->post([&] { answer.set_value(ask()); })) return T();
  return future.get();
}

milliseconds in_millis(double seconds) { return milliseconds(static_cast<std::int64_t>(seconds * 1000)); }

}  // namespace

Result<std::unique_ptr<Fleet::Seat>> Fleet::open_seat(const std::string& name) const {
  ClientOptions options;
  options.endpoints = options_.endpoints;
  options.name = name;
  auto client = Client::open(std::move(options));
  if (!client) return fail(client.error());
  return std::make_unique<Seat>(std::move(*client));
}

Result<std::unique_ptr<Fleet>> Fleet::open(const FleetOptions& options) {
  std::unique_ptr<Fleet> fleet(new Fleet(options));
  if (const auto seated = fleet->seat_scheduler(); !seated) return fail(seated.error());
  for (std::uint64_t i = 0; i < options.agents; ++i)
    if (const auto seated = fleet->seat_agent(i); !seated) return fail(seated.error());
  return fleet;
}

Result<void> Fleet::seat_scheduler() {
  auto seat = open_seat("scheduler");
  if (!seat) return fail(seat.error());
  leading_ = std::move(*seat);
  LeaderOptions options;
  options.keeper = {milliseconds(5000), "bench"};
  options.settings.agent_ttl = in_millis(options_.ttl);
  options.settings.history_max = 100'000;
  options.on_assigned = [this](Duration took) { latencies_.push_back(took); };
  scheduler_ = std::make_shared<Scheduler>(leading_->base.hub, keys_, options);
  leading_->base.loop->post([scheduler = scheduler_] { scheduler->start(); });
  return {};
}

Result<void> Fleet::seat_agent(std::uint64_t number) {
  auto seat = open_seat("agent " + std::to_string(number));
  if (!seat) return fail(seat.error());
  Seat& here = **seat;
  AgentOptions options;
  options.name = "agent" + std::to_string(number);
  options.ttl = in_millis(options_.ttl);
  options.record.capacity = {64'000, 1 << 20U, options_.slots};
  here.pretender = std::make_unique<Pretender>(
      here.base.hub->store(), Duration(std::chrono::microseconds(static_cast<std::int64_t>(options_.work_ms * 1000))));
  here.agent = std::make_shared<Agent>(here.base.hub, keys_, options, *here.pretender);
  here.base.loop->post([agent = here.agent] { agent->start(); });
  seats_.push_back(std::move(*seat));
  return {};
}

Fleet::~Fleet() {
  // The clients first: what still waits for them ends then, and may look at the rest.
  for (const auto& seat : seats_) seat->client.reset();
  if (leading_) leading_->client.reset();
}

bool Fleet::await(Duration patience, const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!there<bool>(leading_->base, condition)) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(look_every);
  }
  return true;
}

bool Fleet::await_ready(Duration patience) {
  return await(patience, [this] { return scheduler_->leads() && scheduler_->picture().agents.size() == options_.agents; });
}

Result<void> Fleet::submit(std::uint64_t jobs) {
  const Board board(leading_->base.hub, keys_);
  for (std::uint64_t done = 0; done < jobs; done += jobs_of_one) {
    Spec spec;
    spec.id = "work" + std::to_string(++submissions_);
    spec.command = {"true"};
    spec.count = jobs_of_one;
    const auto submitted = recipes::blocking<Board::Submitted>(*leading_->base.loop, [&](auto answer) {
      recipes::run<Board::Submitted>(
          leading_->base.loop, {std::chrono::seconds(20), {}},
          [&](Call call) {
            return board.submit({{spec}, {}}, std::move(call));
          },
          std::move(answer));
    });
    if (!submitted) return fail(submitted.error());
  }
  return {};
}

bool Fleet::await_succeeded(std::uint64_t jobs, Duration patience) {
  return await(patience, [&] {
    const auto& all = scheduler_->picture().jobs;
    return jobs == static_cast<std::uint64_t>(std::count_if(
                       all.begin(), all.end(), [](const auto& job) { return job.second.record.phase == Phase::succeeded; }));
  });
}

std::vector<Duration> Fleet::assign_latencies() {
  return there<std::vector<Duration>>(leading_->base, [this] { return latencies_; });
}

std::vector<Duration> Fleet::turnarounds() {
  std::vector<Duration> all;
  for (const auto& seat : seats_) {
    const auto some = there<std::vector<Duration>>(seat->base, [&] { return seat->pretender->turnarounds(); });
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Scheduler::Counts Fleet::counts() {
  return there<Scheduler::Counts>(leading_->base, [this] { return scheduler_->counts(); });
}

}  // namespace conclave::bench
