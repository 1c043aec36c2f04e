#include "client_impl.hpp"

#include <ctime>
#include <random>
#include <thread>

namespace conclave {
namespace {

/// After a sleep of the machine a timer on the monotonic clock is late by the sleep: it is never set further than this.
constexpr Duration timer_max = seconds(1);
/// How long a client that is closed waits for its socket to take what it sent last.
constexpr int last_frames_rounds = 100;
constexpr Duration last_frames_pause = milliseconds(1);

client::SessionOptions core_options(const ClientOptions& from) {
  client::SessionOptions to;
  to.endpoints = from.endpoints;
  to.follow_leader = from.follow_leader;
  to.use_session = from.exactly_once;
  to.session_ttl = from.session_ttl;
  to.owner = from.name;
  to.connect_timeout = from.connect_timeout;
  return to;
}

LeaseState state_of(client::LeaseHealth health) {
  switch (health) {
    case client::LeaseHealth::alive: return LeaseState::alive;
    case client::LeaseHealth::jeopardy: return LeaseState::jeopardy;
    case client::LeaseHealth::lost: return LeaseState::lost;
  }
  return LeaseState::lost;
}

}  // namespace

Client::Impl::Impl(ClientOptions options_in, std::shared_ptr<client::TlsSetup> tls_in)
    : options(std::move(options_in)),
      tls(std::move(tls_in)),
      io_thread(options.io ? std::exchange(options.io, nullptr) : IoThread::start()),
      io_state(io_thread->state()),
      runner(*io_state) {
  std::random_device entropy;
  const std::uint64_t seed = (static_cast<std::uint64_t>(entropy()) << 32) | entropy();
  core = std::make_unique<client::SessionCore>(core_options(options), Prng(seed), now());
}

Client::Impl::~Impl() = default;

Instant Client::Impl::now() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant(std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec));
}

void Client::Impl::start() {
  open = true;
  asio::post(runner.io, [self = shared_from_this()] { self->pump(); });
}

/// Asked on another thread than the client's.
bool Client::Impl::has_sent_all() {
  bool all = true;
  run_and_wait([this, &all] {
    for (const auto& [link, channel] : channels) all = all && channel->is_idle();
  });
  return all;
}

void Client::Impl::stop() {
  if (!open.exchange(false)) return;
  run_and_wait([this] {
    drain_inbox();
    for (const Work& closer : closers) closer();
    pump();
  });
  // What was asked last, the end of leases for example, is behind other frames perhaps.
  for (int rounds = 0; rounds < last_frames_rounds && !runner.is_this_thread() && !has_sent_all(); ++rounds)
    std::this_thread::sleep_for(last_frames_pause);
  {
    const std::lock_guard lock(inbox_mutex);
    refusing = true;
  }
  const auto close = [this] { close_core(); };
  if (runner.is_this_thread())
    close();
  else
    begin(close).wait();
  io_thread.reset();
  std::vector<Work> left;  // goes without the lock
  const std::lock_guard lock(inbox_mutex);
  ended = true;
  left.swap(refused);
}

void Client::Impl::close_core() {
  drain_inbox();
  core->close(now());
  closed = true;
  pump();
  timer.reset();
  for (auto& [link, channel] : channels) channel->close();
  channels.clear();
  // What handlers hold may hold this.
  std::exchange(kept, {}).clear();
  std::exchange(leases, {}).clear();
  std::exchange(watches, {}).clear();
}

std::future<void> Client::Impl::begin(const std::function<void()>& work) {
  const auto done = std::make_shared<std::promise<void>>();  // shared: who waits may be gone before set_value() has returned
  asio::post(runner.io, [&work, done] {
    work();
    done->set_value();
  });
  return done->get_future();
}

bool Client::Impl::run_and_wait(const std::function<void()>& work) {
  if (runner.is_this_thread()) {
    work();
    return true;
  }
  std::future<void> done;
  {
    const std::lock_guard lock(inbox_mutex);
    if (refusing) return false;
    done = begin(work);
  }
  done.wait();
  return true;
}

void Client::Impl::execute(Request&& request, std::optional<std::chrono::milliseconds> timeout, Callback&& done) {
  if (runner.is_this_thread()) {
    submit(std::move(request), timeout, std::move(done));
    return pump_later();
  }
  {
    const std::lock_guard lock(inbox_mutex);
    if (!refusing) {
      inbox.push_back({std::move(request), timeout, std::move(done)});
      if (inbox.size() > 1) return;
      return asio::post(runner.io, [self = shared_from_this()] {
        self->drain_inbox();
        self->pump();
      });
    }
  }
  done(fail(Errc::shutting_down, "the client is closed"));
}

void Client::Impl::drain_inbox() {
  std::vector<Submission> taken;
  {
    const std::lock_guard lock(inbox_mutex);
    taken.swap(inbox);
  }
  for (Submission& one : taken) submit(std::move(one.request), one.timeout, std::move(one.done));
}

void Client::Impl::submit(Request&& request, std::optional<std::chrono::milliseconds> timeout, Callback&& done) {
  const Instant at = now();
  const client::OperationId id = core->submit(std::move(request), at + timeout.value_or(options.request_timeout), at);
  waiting.emplace(id, std::move(done));
}

void Client::Impl::pump_later() {
  if (pumping || pump_is_posted) return;  // a pump goes on until the core wants nothing more
  pump_is_posted = true;
  asio::post(runner.io, [self = shared_from_this()] {
    self->pump_is_posted = false;
    self->pump();
  });
}

/// Carries out what the core wants done until it wants nothing more.
void Client::Impl::pump() {
  if (pumping) return;  // a callback called us: the loop below goes on when it returns
  pumping = true;
  core->on_time(now());
  do {
    for (std::vector<client::Action> actions = core->take_actions(); !actions.empty(); actions = core->take_actions()) {
      for (client::Action& action : actions) carry_out(action);
      for (auto& [link, channel] : channels) channel->flush();
    }
  } while (ring_due());
  refresh_kept();
  session_id = core->session().value();
  pumping = false;
  arm_timer();
}

void Client::Impl::carry_out(client::Action& action) {
  if (auto* to = std::get_if<client::Connect>(&action)) return connect(*to);
  if (auto* send = std::get_if<client::Send>(&action)) {
    const auto channel = channels.find(send->link);
    if (channel != channels.end()) channel->second->send(send->frame);
  } else if (auto* gone = std::get_if<client::Disconnect>(&action)) {
    const auto channel = channels.find(gone->link);
    if (channel == channels.end()) return;
    channel->second->flush();
    channel->second->close();
    channels.erase(channel);
  } else if (auto* completed = std::get_if<client::Completed>(&action)) {
    const auto found = waiting.find(completed->operation);
    if (found == waiting.end()) return;
    const Callback done = std::move(found->second);
    waiting.erase(found);
    done(std::move(completed->outcome));
  } else if (auto* told = std::get_if<client::WatchTold>(&action)) {
    for (const client::LocalWatchId watch : told->watches) {
      const auto found = watches.find(watch);  // each anew: a handler may end watches
      if (found == watches.end()) continue;
      const std::shared_ptr<WatchEntry> entry = found->second;
      entry->handler(told->notice);
    }
  } else if (auto* lease = std::get_if<client::LeaseTold>(&action)) {
    if (const auto mine = kept.find(lease->lease); mine != kept.end()) {
      const auto tell = mine->second.told;
      return tell(lease->health);
    }
    const auto found = leases.find(lease->lease);
    if (found == leases.end() || !found->second) return;
    const LeaseHandler handler = found->second;
    handler(state_of(lease->health));
  }
}

void Client::Impl::connect(const client::Connect& to) {
  const client::LinkId link = to.link;
  client::Channel::Handlers handlers;
  handlers.connected = [this, link] {
    core->on_connected(link, now());
    pump();
  };
  handlers.frame = [this, link](const protocol::Frame& frame) { core->on_frame(link, frame, now()); };
  handlers.frames_end = [this] { pump(); };
  handlers.closed = [this, link](const Error& why) {
    channels.erase(link);
    core->on_closed(link, why, now());
    pump();
  };
  auto channel = std::make_shared<client::Channel>(runner.io, tls, std::move(handlers));
  channels.emplace(link, channel);
  asio::post(runner.io, [channel, endpoint = to.endpoint] { channel->connect(endpoint); });
}

/// Sets the timer only when it would ring too late: setting it costs more than a needless look now and then.
void Client::Impl::arm_timer() {
  auto deadline = core->next_deadline();
  if (!calls.empty() && (!deadline || calls.begin()->first.first < *deadline)) deadline = calls.begin()->first.first;
  if (!deadline || !timer) return;
  const Instant at = now();
  const Instant ring = std::min(*deadline, at + timer_max);
  if (timer_at && *timer_at <= ring) return;
  timer_at = ring;
  timer->expires_after(std::max(ring - at, Duration::zero()));
  timer->async_wait([weak = weak_from_this()](const asio::error_code& error) {
    const auto self = error ? nullptr : weak.lock();
    if (!self) return;
    self->timer_at.reset();
    self->pump();
  });
}

}  // namespace conclave
