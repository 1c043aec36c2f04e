#include "conclave/app/conclaved.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <random>

#include "conclave/app/identity.hpp"
#include "conclave/codec/batch_codec.hpp"
#include "conclave/codec/event_encoder.hpp"
#include "conclave/dashboard/dashboard.hpp"
#include "conclave/gateway/gateway.hpp"
#include "conclave/storage/storage.hpp"
#include "conclave/telemetry/pages.hpp"
#include "engine_driver.hpp"
#include "event_relay.hpp"
#include "scheduling.hpp"
#include "settings.hpp"

namespace conclave::app {
namespace {

/// How long a member with an empty directory waits for its peers to say whether they know it.
constexpr Duration probe_patience = seconds(1);

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

int refuse_to_start(LogSink& log, const Error& why) {
  log.error("cannot start", {{"why", why.message()}});
  return exit_failed;
}

/// Of the loop and the log: what decides and makes durable comes before what has time, and on request before whatever else this
/// machine does.
Result<void> come_first(const Options& options) {
  if (options.realtime) return take_realtime_priority();
  ask_for_short_turns();
  return {};
}

Result<storage::Opened> open_storage(const Options& options, EventRelay& relay, LogSink& log) {
  auto membership = bootstrap_membership(options);
  if (!membership.has_value()) return fail(membership.error());
  auto settings = storage_settings(options, std::move(*membership));
  // That the log's thread may was found out on another one, just before.
  settings.on_log_thread = [&options] { static_cast<void>(come_first(options)); };
  settings.on_background_thread = give_way;
  settings.log_on_request = true;
  return storage::Storage::open(std::move(settings), log, [&relay](engine::Event event) { relay.post(std::move(event)); });
}

/// What helps a member whose data directory is not the one its cluster knows.
std::string way_back(const std::string& name) {
  return "Bring the old directory back. If it is lost, run `conclavectl member replace " + name +
         "` against the other members and start " + name + " with an empty directory";
}

/// A member that the cluster knows and whose directory is empty has forgotten its votes: it must not come back as if nothing
/// happened.
Result<void> ask_whether_known(const Options& options, Incarnation incarnation, LogSink& log) {
  const auto others = other_members(options);
  if (others.empty()) return {};
  auto verdict = transport::ask_peers(transport_settings(options, incarnation, random_seed()), others, probe_patience, log);
  if (verdict.has_value()) return {};
  return fail(verdict.error().code, verdict.error().context + ", and the data directory " + options.data_dir +
                                        " is empty: its votes and acknowledgements are lost. " + way_back(options.name));
}

/// The parts of a running member, in the order in which they need each other.
class Member {
 public:
  Member(const Options& options, const std::string& version, LogSink& log)
      : options_(options), version_(version), log_(log), descriptors_(take_descriptors(log)) {}
  ~Member() { relay_.detach(); }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  Result<void> open();
  Error run();

 private:
  void on_signal(int signal);
  Result<void> open_http();
  void add_pages();
  void tell_ready() const;

  const Options& options_;
  std::string version_;
  LogSink& log_;
  Descriptors descriptors_;
  EventRelay relay_;
  codec::BatchCodec batches_;
  codec::EventEncoder events_;
  Incarnation incarnation_;
  telemetry::Meter meter_{transport::Transport::clock};
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<transport::Transport> transport_;
  std::unique_ptr<gateway::Gateway> gateway_;  // null: without HTTP
  std::unique_ptr<engine::Engine> engine_;
  LoopThreads threads_;
  std::unique_ptr<EngineDriver> driver_;
  bool shutting_down_ = false;
};

Result<void> Member::open() {
  if (auto may = come_first(options_); !may.has_value()) return may;
  auto opened = open_storage(options_, relay_, log_);
  if (!opened.has_value()) return fail(opened.error());
  storage_ = std::move(opened->storage);
  if (opened->fresh) {
    if (auto unknown = ask_whether_known(options_, opened->incarnation, log_); !unknown.has_value()) return unknown;
  }
  incarnation_ = opened->incarnation;
  auto config = engine_settings(options_, version_, incarnation_);
  if (auto valid = config.validate(); !valid.has_value()) return valid;
  transport::Config links = transport_settings(options_, incarnation_, random_seed());
  links.limits.connections_max = descriptors_.clients;
  auto transport = transport::Transport::open(links, log_);
  if (!transport.has_value()) return fail(transport.error());
  transport_ = std::move(*transport);
  if (auto http = open_http(); !http.has_value()) return http;
  engine::ClientLinks& clients = gateway_ == nullptr ? transport_->clients() : gateway_->clients(transport_->clients());
  const engine::Ports ports{meter_.around(storage_->log()),
                            storage_->state(),
                            storage_->snapshots(),
                            transport_->peers(),
                            meter_.around(clients),
                            batches_,
                            events_};
  engine_ = std::make_unique<engine::Engine>(config, std::move(opened->recovered), ports, log_, Prng(random_seed()),
                                             transport::Transport::clock());
  driver_ = std::make_unique<EngineDriver>(*engine_, *storage_, threads_, meter_, [this] { tell_ready(); });
  if (gateway_ != nullptr) {
    add_pages();
    gateway_->start();
  }
  relay_.attach(*transport_);
  return {};
}

Result<void> Member::open_http() {
  if (options_.listen_http.empty()) return {};
  auto opened = gateway::Gateway::open(
      transport_->io(), http_settings(options_, version_, descriptors_),
      [this](engine::Event event) { transport_->post(std::move(event)); }, log_);
  if (!opened.has_value()) return fail(opened.error());
  gateway_ = std::move(*opened);
  return {};
}

/// Health, metrics and the dashboard.
void Member::add_pages() {
  telemetry::add_pages(gateway_->router(), {*engine_, transport_->counters(), meter_,
                                            [this](std::function<void(Result<void>)> done) { gateway_->probe(std::move(done)); },
                                            [this] { return &gateway_->counters(); },
                                            [this](std::function<void()> work) { gateway_->run_aside(std::move(work)); }});
  dashboard::add_dashboard(gateway_->router(), {*engine_, meter_, !options_.client_tls.cert_file.empty(), options_.cors});
}

Error Member::run() {
  transport_->on_signals({SIGTERM, SIGINT, SIGHUP}, [this](int signal) { on_signal(signal); });
  transport_->on_disowned([this](const Error& why) { driver_->stop({why.code, why.context + ". " + way_back(options_.name)}); });
  threads_.run([this] { return transport_->run(*driver_); }, [this] { static_cast<void>(come_first(options_)); });
  return driver_->outcome();
}

void Member::on_signal(int signal) {
  if (signal == SIGHUP) return transport_->reload_certificates();
  if (shutting_down_) {
    log_.warning("stopped at once by a second signal");
    ::_exit(exit_failed);
  }
  shutting_down_ = true;
  log_.info("shutting down", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  transport_->post(engine::ShutdownAsked{});
}

void Member::tell_ready() const {
  const auto with_port = [](const std::string& listen, std::uint16_t port) {
    return listen.substr(0, listen.rfind(':') + 1) + std::to_string(port);
  };
  const std::string http = gateway_ == nullptr ? "" : " http " + with_port(options_.listen_http, gateway_->port());
  std::printf("conclaved ready: %s clients %s peers %s%s data %s\n", options_.name.c_str(),
              with_port(options_.listen_client, transport_->client_port()).c_str(),
              with_port(options_.listen_peer, transport_->peer_port()).c_str(), http.c_str(), options_.data_dir.c_str());
  std::fflush(stdout);
}

}  // namespace

int run(const Options& options, const std::string& version, LogSink& log) {
  log.info("starting",
           {{"version", version}, {"name", options.name}, {"data", options.data_dir}, {"cluster", to_string(cluster_id(options))}});
  Member member(options, version, log);
  if (auto opened = member.open(); !opened.has_value()) return refuse_to_start(log, opened.error());
  const Error outcome = member.run();
  if (outcome.code == Errc::shutting_down) {
    log.info("stopped", {{"why", outcome.context}});
    return exit_ok;
  }
  log.error("stopped, cannot go on", {{"why", outcome.message()}});
  return exit_failed;
}

}  // namespace conclave::app
