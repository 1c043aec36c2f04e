#include "conclave/transport/transport.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <utility>

#include "client_table.hpp"
#include "hub.hpp"
#include "listener.hpp"
#include "mailbox.hpp"
#include "peer_table.hpp"
#include "tls.hpp"

namespace conclave::transport {
namespace {

/// Socket handlers in one pass, so that a flood on the sockets cannot keep the engine from running.
constexpr int handlers_per_pass_max = 4096;
constexpr Duration socket_time_per_pass_max = milliseconds(2);
/// However far the next deadline is, the loop looks up this often.
constexpr Duration sleep_max = seconds(1);

}  // namespace

struct Transport::Parts {
  Parts(const Config& settings, LogSink& sink)
      : config(settings),
        log(sink),
        hub(config, log, counters),
        work(asio::make_work_guard(hub.io)),
        mailbox(hub.io),
        sweeper(hub.io) {}

  Result<void> open();
  void start();
  void stop();
  void sweep();
  void drain_sockets();
  void deliver(Driven& driven);
  [[nodiscard]] bool leads() const { return hub.member.leader == config.self; }
  void sleep_until(Instant deadline);
  void wait_for_signal();

  Config config;
  LogSink& log;
  Counters counters;
  Hub hub;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  Mailbox mailbox;
  std::unique_ptr<TlsSide> client_tls;
  std::unique_ptr<TlsSide> peer_tls;
  std::unique_ptr<ClientTable> clients;
  std::unique_ptr<PeerTable> peers;
  std::unique_ptr<Listener> client_listener;
  std::unique_ptr<Listener> peer_listener;
  asio::steady_timer sweeper;
  std::unique_ptr<asio::signal_set> signals;
  std::function<void(int)> on_signal;
  bool started = false;
};

Result<void> Transport::Parts::open() {
  if (config.client_tls.enabled()) {
    auto side =
        TlsSide::open(config.client_tls, config.client_cert_auth ? TlsPolicy::clients_verified : TlsPolicy::clients, log, counters);
    if (!side.has_value()) return fail(side.error());
    client_tls = std::move(*side);
  }
  if (config.peer_tls.enabled()) {
    auto side = TlsSide::open(config.peer_tls, TlsPolicy::peers, log, counters);
    if (!side.has_value()) return fail(side.error());
    peer_tls = std::move(*side);
  }
  clients = std::make_unique<ClientTable>(hub, client_tls.get());
  peers = std::make_unique<PeerTable>(hub, peer_tls.get());
  auto for_clients = Listener::open(hub.io, config.listen_client, log,
                                    [this](asio::ip::tcp::socket socket) { clients->accept(std::move(socket)); });
  if (!for_clients.has_value()) return fail(for_clients.error());
  client_listener = std::move(*for_clients);
  auto for_peers =
      Listener::open(hub.io, config.listen_peer, log, [this](asio::ip::tcp::socket socket) { peers->accept(std::move(socket)); });
  if (!for_peers.has_value()) return fail(for_peers.error());
  peer_listener = std::move(*for_peers);
  return {};
}

void Transport::Parts::start() {
  if (std::exchange(started, true)) return;
  client_listener->start();
  peer_listener->start();
  sweep();
  if (signals != nullptr) wait_for_signal();
}

void Transport::Parts::stop() {
  client_listener->stop();
  peer_listener->stop();
  sweeper.cancel();
  if (signals != nullptr) signals->cancel();
  const Error why{Errc::shutting_down, "this member shuts down"};
  clients->close_all(why);
  peers->close_all(why);
  hub.io.poll();
}

void Transport::Parts::sweep() {
  hub.sweep();
  sweeper.expires_after(sweep_interval);
  sweeper.async_wait([this](std::error_code cancelled) {
    if (!cancelled) sweep();
  });
}

void Transport::Parts::wait_for_signal() {
  signals->async_wait([this](std::error_code cancelled, int signal) {
    if (cancelled) return;
    on_signal(signal);
    wait_for_signal();
  });
}

void Transport::Parts::drain_sockets() {
  const Instant until = clock() + socket_time_per_pass_max;
  for (int i = 0; i < handlers_per_pass_max && hub.io.poll_one() != 0; ++i) {
    if ((i & 63) == 63 && clock() >= until) return;
  }
}

void Transport::Parts::deliver(Driven& driven) {
  for (engine::Event& event : mailbox.take()) driven.deliver(std::move(event));
  for (engine::Event& event : hub.take_events()) driven.deliver(std::move(event));
}

void Transport::Parts::sleep_until(Instant deadline) {
  if (hub.has_events() || !mailbox.fall_asleep()) return;
  const Instant now = clock();
  const Instant until = std::min(deadline, now + sleep_max);
  if (until > now) hub.io.run_one_for(until - now);
}

Result<std::unique_ptr<Transport>> Transport::open(const Config& config, LogSink& log) {
  std::signal(SIGPIPE, SIG_IGN);
  auto parts = std::make_unique<Parts>(config, log);
  if (auto opened = parts->open(); !opened.has_value()) return fail(opened.error());
  return std::unique_ptr<Transport>(new Transport(std::move(parts)));
}

Transport::Transport(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Transport::~Transport() = default;

engine::PeerLinks& Transport::peers() { return *parts_->peers; }
engine::ClientLinks& Transport::clients() { return *parts_->clients; }
const Counters& Transport::counters() const { return parts_->counters; }
std::uint16_t Transport::client_port() const { return parts_->client_listener->port(); }
std::uint16_t Transport::peer_port() const { return parts_->peer_listener->port(); }

asio::io_context& Transport::io() { return parts_->hub.io; }

void Transport::post(engine::Event event) { parts_->mailbox.post(std::move(event)); }

void Transport::on_signals(std::initializer_list<int> signals, std::function<void(int)> handler) {
  parts_->signals = std::make_unique<asio::signal_set>(parts_->hub.io);
  for (const int signal : signals) parts_->signals->add(signal);
  parts_->on_signal = std::move(handler);
}

void Transport::on_disowned(std::function<void(const Error&)> handler) { parts_->peers->on_disowned(std::move(handler)); }

void Transport::reload_certificates() {
  if (parts_->client_tls != nullptr) parts_->client_tls->reload();
  if (parts_->peer_tls != nullptr) parts_->peer_tls->reload();
}

Instant Transport::clock() {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

bool Transport::run(Driven& driven) {
  parts_->hub.member = driven.now();
  parts_->start();
  bool look = true;
  while (!driven.finished()) {
    if (look) parts_->drain_sockets();
    parts_->deliver(driven);
    driven.run_once(clock());
    parts_->hub.member = driven.now();
    parts_->hub.flush_dirty();
    if (driven.finished()) break;
    if (!driven.pass_ended()) return false;
    // A follower that has flushed tells its leader before it looks at its sockets: that is what a write waits for. Not twice in a
    // row: other threads have news too.
    look = !look || parts_->leads() || !parts_->mailbox.has_events();
    parts_->sleep_until(driven.next_deadline());
  }
  parts_->stop();
  return true;
}

}  // namespace conclave::transport
