#include "engine/sim_client.hpp"

#include <algorithm>

#include "conclave/protocol/limits.hpp"
#include "engine/engine_node.hpp"

namespace conclave::sim {
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

constexpr std::uint64_t links_of_a_life = 1'000'000;

}  // namespace

SimClient::SimClient(EngineWorld& shared, Endpoint endpoint, const client::SessionOptions& options, std::int64_t drift_ppm)
    : shared_(shared),
      endpoint_(endpoint),
      options_(options),
      clock_(drift_ppm, Instant{} + seconds(endpoint)),
      prng_(shared.world.stream(4000 + endpoint)) {
  start();
}

void SimClient::start() {
  core_ = std::make_unique<client::SessionCore>(options_, prng_.split(life_), now());
  shared_.world.after(Duration(0), "client starts", [this, life = life_] {
    if (life == life_) pump();
  });
}

void SimClient::crash() {
  shared_.world.trace().note("client crash", {endpoint_});
  ++life_;
  for (const auto& [number, link] : links_) {
    if (!link.up || shared_.network.is_cut(endpoint_, link.member.value())) continue;
    shared_.world.after(milliseconds(1), "reset",
                        [this, id = link.connection, member = link.member] { shared_.nodes.at(member)->door().lost(id); });
  }
  links_.clear();
  operations_.clear();
  watches_.clear();
  wake_at_.reset();
  pumping_ = false;
  paused_ = false;
  meanwhile_.clear();
  start();
  on_crash();
}

void SimClient::pause(Duration span) {
  if (paused_) return;
  shared_.world.trace().note("client stops", {endpoint_});
  paused_ = true;
  shared_.world.after(span, "client goes on", [this, life = life_] {
    if (life == life_ && paused_) resume();
  });
}

void SimClient::resume() {
  paused_ = false;
  const std::uint64_t life = life_;
  const auto came = std::exchange(meanwhile_, {});
  for (const auto& work : came)
    if (life == life_) when_running(work);
}

void SimClient::when_running(std::function<void()> work) {
  if (paused_) return meanwhile_.push_back(std::move(work));
  work();
}

void SimClient::call_at(Instant when, std::function<void()> work) {
  const Instant at = std::max(clock_.when(when, shared_.world.now()), shared_.world.now());
  shared_.world.at(at, "client timer", [this, life = life_, work = std::move(work)] {
    if (life == life_) when_running(work);
  });
}

client::OperationId SimClient::submit(Request request, Duration patience, OnOutcome on_outcome) {
  const auto id = core_->submit(std::move(request), now() + patience, now());
  operations_[id] = std::move(on_outcome);
  pump();
  return id;
}

void SimClient::cancel(client::OperationId operation) {
  core_->cancel(operation);
  pump();
}

client::LocalWatchId SimClient::watch(const WatchOptions& options, OnNotice on_notice) {
  const auto id = core_->watch(options, now());
  watches_[id] = std::move(on_notice);
  pump();
  return id;
}

client::LocalWatchId SimClient::watch_turn(const TurnOptions& options, OnNotice on_notice) {
  const auto id = core_->watch_turn(options, now());
  watches_[id] = std::move(on_notice);
  pump();
  return id;
}

client::QueuedUp SimClient::queue_up(Write place, Duration patience, OnOutcome on_outcome, const TurnOptions& turn,
                                     OnNotice on_notice) {
  const auto both = core_->queue_up(std::move(place), now() + patience, turn, now());
  operations_[both.place] = std::move(on_outcome);
  watches_[both.turn] = std::move(on_notice);
  pump();
  return both;
}

void SimClient::unwatch(client::LocalWatchId watch) {
  core_->unwatch(watch);
  watches_.erase(watch);
  pump();
}

void SimClient::keep_alive(LeaseId lease, milliseconds ttl, Instant granted_at) {
  core_->keep_alive(lease, ttl, granted_at);
  pump();
}

void SimClient::forget_lease(LeaseId lease) {
  core_->forget_lease(lease);
  pump();
}

void SimClient::pump() {
  if (pumping_) return;
  pumping_ = true;
  const std::uint64_t life = life_;
  for (auto actions = core_->take_actions(); !actions.empty(); actions = core_->take_actions()) {
    for (const auto& action : actions) {
      carry_out(action);
      if (life != life_) return;
    }
  }
  pumping_ = false;
  on_pumped();
  schedule();
}

void SimClient::schedule() {
  const auto deadline = core_->next_deadline();
  if (!deadline) return;
  const Instant when = std::max(clock_.when(*deadline, shared_.world.now()), shared_.world.now() + microseconds(50));
  if (wake_at_ && *wake_at_ <= when) return;
  wake_at_ = when;
  shared_.world.at(when, "client time", [this, when, life = life_] {
    if (life != life_ || wake_at_ != when) return;
    wake_at_.reset();
    when_running([this] {
      core_->on_time(now());
      pump();
    });
  });
}

void SimClient::carry_out(const client::Action& action) {
  std::visit(Overload{
                 [&](const client::Connect& it) { connect(it); },
                 [&](const client::Send& it) { send(it); },
                 [&](const client::Disconnect& it) { disconnect(life_ * links_of_a_life + it.link.value()); },
                 [&](const client::Completed& done) {
                   const auto found = operations_.find(done.operation);
                   if (found == operations_.end()) return;
                   const OnOutcome told = std::move(found->second);
                   operations_.erase(found);
                   told(done.outcome);
                 },
                 [&](const client::WatchTold& told) {
                   for (const client::LocalWatchId watch : told.watches) {
                     const auto found = watches_.find(watch);
                     if (found == watches_.end()) continue;
                     const OnNotice tell = found->second;
                     tell(told.notice);
                   }
                 },
                 [&](const client::LeaseTold& told) { on_lease(told); },
             },
             action);
}

void SimClient::connect(const client::Connect& it) {
  const MemberId member(std::stoull(it.endpoint.substr(std::string_view("client").size())));
  const std::uint64_t number = life_ * links_of_a_life + it.link.value();
  links_[number] = Link{{}, member, false, std::make_unique<protocol::FrameParser>(protocol::reply_bytes_max)};
  shared_.world.after(prng_.between(microseconds(100), milliseconds(5)), "connect",
                      [this, number] { when_running([this, number] { connected(number); }); });
}

void SimClient::connected(std::uint64_t number) {
  const auto found = links_.find(number);
  if (found == links_.end()) return;
  Link& link = found->second;
  if (shared_.network.is_cut(endpoint_, link.member.value()) || shared_.network.is_cut(link.member.value(), endpoint_))
    return;  // nobody answers; the core gives up by itself
  EngineNode& node = *shared_.nodes.at(link.member);
  if (!node.is_up()) return lost(number);
  link.up = true;
  link.connection = node.door().accept(endpoint_, number);
  core_->on_connected(client::LinkId(number % links_of_a_life), now());
  pump();
}

void SimClient::send(const client::Send& it) {
  const std::uint64_t number = life_ * links_of_a_life + it.link.value();
  const auto found = links_.find(number);
  if (found == links_.end() || !found->second.up) return;
  const engine::ConnectionId connection = found->second.connection;
  const MemberId member = found->second.member;
  shared_.world.trace().note("client sends", {number, mix(0, it.frame.view())});
  shared_.network.send_stream(
      connection.value() * 2 + 1, endpoint_, member.value(),
      [this, connection, member, bytes = std::string(it.frame.view())] {
        shared_.nodes.at(member)->door().receive(connection, bytes);
      },
      [this, connection, member, number] {
        shared_.nodes.at(member)->door().lost(connection);
        lost(number);
      });
}

void SimClient::disconnect(std::uint64_t number) {
  const auto found = links_.find(number);
  if (found == links_.end()) return;
  if (found->second.up) {
    const engine::ConnectionId connection = found->second.connection;
    const MemberId member = found->second.member;
    const auto close = [this, connection, member] { shared_.nodes.at(member)->door().lost(connection); };
    shared_.network.send_stream(connection.value() * 2 + 1, endpoint_, member.value(), close, close);
  }
  links_.erase(found);
}

void SimClient::receive(std::uint64_t number, const std::string& bytes) {
  if (paused_) return meanwhile_.push_back([this, number, bytes] { receive(number, bytes); });
  std::size_t fed = 0;
  while (fed < bytes.size()) {
    const auto found = links_.find(number);
    if (found == links_.end()) return;
    protocol::FrameParser& parser = *found->second.parser;
    const auto space = parser.space();
    const std::size_t count = std::min(space.size(), bytes.size() - fed);
    std::copy_n(bytes.data() + fed, count, space.data());
    parser.received(count);
    fed += count;
    while (true) {
      auto frame = parser.next();
      require(frame.has_value(), [] { return std::string("a member's frames for a client do not parse"); });
      if (!*frame) break;
      core_->on_frame(client::LinkId(number % links_of_a_life), **frame, now());
      pump();
      if (!links_.contains(number)) return;
    }
  }
}

void SimClient::lost(std::uint64_t number) {
  if (paused_) return meanwhile_.push_back([this, number] { lost(number); });
  if (links_.erase(number) == 0) return;
  core_->on_closed(client::LinkId(number % links_of_a_life), Error{Errc::connection_lost, "reset"}, now());
  pump();
}

}  // namespace conclave::sim
