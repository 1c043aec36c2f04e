#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>

#include "commands.hpp"
#include "conclave/recipes/discovery.hpp"
#include "conclave/recipes/registration.hpp"
#include "held.hpp"
#include "txn_input.hpp"

namespace conclave::ctl {
namespace {

using recipes::Discovery;
using recipes::InstanceState;
using recipes::Registration;
using recipes::RegistrationState;
using recipes::ServiceInstance;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Values on their way from the client's thread to the one that prints.
template <class T>
class Inbox {
 public:
  explicit Inbox(EventsPtr events) : events_(std::move(events)) {}
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    events_->wake();
  }
  [[nodiscard]] std::deque<T> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(values_, {});
  }

 private:
  EventsPtr events_;
  std::mutex mutex_;
  std::deque<T> values_;
};

// --- register
// ------------------------------------------------------------------------------------------------------------------------------

struct RegisterFlags {
  std::string service, address, ttl = "10s", every = "5s";
  std::optional<std::string> drain;
  std::vector<std::string> meta;
  ServiceInstance instance;
  std::string owner;
  std::vector<std::string> health;
};
struct RegisterTimes {
  milliseconds ttl{0};
  milliseconds every{0};
  milliseconds drain{0};
};

Result<RegisterTimes> times_of(const RegisterFlags& flags) {
  const auto ttl = parse_duration(flags.ttl);
  if (!ttl) return fail(ttl.error());
  const auto every = parse_duration(flags.every);
  if (!every) return fail(every.error());
  const auto drain = parse_duration(flags.drain.value_or("0s"));
  if (!drain) return fail(drain.error());
  if (*every <= milliseconds::zero()) return fail(Errc::invalid_argument, "--every is nothing");
  return RegisterTimes{*ttl, *every, *drain};
}

Result<ServiceInstance> instance_of(const RegisterFlags& flags) {
  ServiceInstance instance = flags.instance;
  const std::size_t colon = flags.address.rfind(':');
  const auto port = parse_number(colon == std::string::npos ? "" : flags.address.substr(colon + 1), "the port of --address");
  if (!port || colon == 0 || *port == 0 || *port > 65'535)
    return fail(Errc::invalid_argument, "--address '" + flags.address + "' is not HOST:PORT");
  instance.address = flags.address.substr(0, colon);
  instance.port = static_cast<std::uint16_t>(*port);
  for (const std::string& pair : flags.meta) {
    const std::size_t equal = pair.find('=');
    if (equal == 0 || equal == std::string::npos) return fail(Errc::invalid_argument, "--meta '" + pair + "' is not NAME=VALUE");
    instance.meta[pair.substr(0, equal)] = pair.substr(equal + 1);
  }
  return instance;
}

const char* name_of(RegistrationState state) {
  switch (state) {
    case RegistrationState::waiting: return "waiting";
    case RegistrationState::registered: return "registered";
    case RegistrationState::replaced: return "replaced";
    case RegistrationState::ended: return "ended";
  }
  return "";
}

/// Runs the health command time and again and reports what it says.
class HealthCheck {
 public:
  HealthCheck(const std::vector<std::string>& command, milliseconds every) : command_(command), every_(every) {}

  /// Gives how long nothing is to be done, unless the command ends.
  [[nodiscard]] milliseconds step(Registration& registration) {
    if (command_.empty()) return for_long;
    if (running_) {
      const auto code = running_->ended(false);
      if (!code) return for_long;
      running_.reset();
      registration.report_health(*code == 0);
    }
    if (Clock::now() < next_) return std::chrono::ceil<milliseconds>(next_ - Clock::now());
    next_ = Clock::now() + every_;
    auto child = Child::start({command_, {}, std::string()});
    if (!child) {
      registration.report_health(false);
      return every_;
    }
    running_.emplace(std::move(*child));
    return for_long;
  }

 private:
  std::vector<std::string> command_;
  milliseconds every_;
  Clock::time_point next_ = Clock::now();
  std::optional<Child> running_;
};

int replaced(const Registration& registration) {
  std::fprintf(stderr, "conclavectl: another registered as '%s'\n", registration.id().c_str());
  return exit_condition;
}

int run_register(Session& session, const RegisterFlags& flags) {
  const auto times = times_of(flags);
  if (!times) return report(times.error());
  auto instance = instance_of(flags);
  if (!instance) return report(instance.error());
  const auto events = begin_waiting();
  // It tries for ever: that no member answers is to be told at once.
  if (const auto answer = session.client().get("/conclave/service", {}, session.call()); !answer) return report(answer.error());
  const auto inbox = std::make_shared<Inbox<RegistrationState>>(events);
  recipes::RegistrationOptions options;
  options.ttl = times->ttl;
  options.owner = flags.owner;
  options.healthy = flags.health.empty();
  if (!flags.health.empty()) options.health_within = 3 * times->every;  // a command that hangs is not healthy
  options.on_state = [inbox](RegistrationState state) { inbox->put(state); };
  Registration registration(session.client(), flags.service, std::move(*instance), std::move(options));
  HealthCheck check(flags.health, times->every);
  std::optional<Clock::time_point> end;
  while (!end || Clock::now() < *end) {
    for (const RegistrationState state : inbox->take()) {
      if (state == RegistrationState::replaced) return replaced(registration);
      if (session.json())
        print_json({{"id", registration.id()}, {"state", name_of(state)}});
      else
        std::printf("%s %s\n", registration.id().c_str(), name_of(state));
      std::fflush(stdout);
    }
    milliseconds pause = check.step(registration);
    if (end) pause = std::min(pause, std::chrono::ceil<milliseconds>(*end - Clock::now()));
    if (!asks_to_end(events->wait(pause))) continue;
    if (end || times->drain == milliseconds::zero()) break;
    end = Clock::now() + times->drain;
    if (const auto draining = registration.drain({session.timeout(), {}}); !draining) (void)report(draining.error());
  }
  const auto gone = registration.deregister({session.timeout(), {}});
  return gone ? exit_ok : report(gone.error());
}

// --- discover
// ------------------------------------------------------------------------------------------------------------------------------

struct DiscoverFlags {
  std::string service, tag;
  bool watch = false;
};

const char* name_of(InstanceState state) {
  switch (state) {
    case InstanceState::up: return "up";
    case InstanceState::draining: return "draining";
    case InstanceState::unhealthy: return "unhealthy";
  }
  return "";
}

Json to_json(const ServiceInstance& instance) {
  Json json{{"id", instance.id},
            {"address", instance.address},
            {"port", instance.port},
            {"weight", instance.weight},
            {"state", name_of(instance.state)}};
  if (!instance.version.empty()) json["version"] = instance.version;
  if (!instance.tags.empty()) json["tags"] = instance.tags;
  if (!instance.meta.empty()) json["meta"] = instance.meta;
  return json;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

void print_instances(const Session& session, const std::string& service, const std::vector<ServiceInstance>& instances) {
  if (session.json()) {
    Json list = Json::array();
    for (const ServiceInstance& instance : instances) list.push_back(to_json(instance));
    return print_json({{"service", service}, {"instances", std::move(list)}});
  }
  std::vector<std::vector<std::string>> rows = {{"ID", "ADDRESS", "STATE", "WEIGHT", "VERSION", "TAGS"}};
  for (const ServiceInstance& instance : instances)
    rows.push_back({instance.id, instance.address + ":" + std::to_string(instance.port), name_of(instance.state),
                    std::to_string(instance.weight), instance.version, joined(instance.tags)});
  print_table(rows);
  std::fflush(stdout);
}

int run_discover(Session& session, const DiscoverFlags& flags) {
  const auto events = begin_waiting();
  const auto inbox = std::make_shared<Inbox<std::vector<ServiceInstance>>>(events);
  recipes::DiscoveryOptions options;
  options.tag = flags.tag;
  options.on_change = [inbox](const std::vector<ServiceInstance>& instances) { inbox->put(instances); };
  Discovery discovery(session.client(), flags.service, std::move(options));
  if (const auto ready = discovery.ready({session.timeout(), {}}); !ready) return report(ready.error());
  if (!flags.watch) {
    print_instances(session, flags.service, discovery.instances());
    return exit_ok;
  }
  while (true) {
    for (const auto& instances : inbox->take()) print_instances(session, flags.service, instances);
    if (asks_to_end(events->wait(for_long))) return exit_ok;
  }
}

}  // namespace

void add_service(CLI::App& app, Run& run) {
  auto flags = std::make_shared<RegisterFlags>();
  CLI::App* verb = app.add_subcommand("register", "Tell others where an instance of a service is, until interrupted");
  verb->add_option("NAME", flags->service, "the service")->required();
  verb->add_option("INSTANCE", flags->instance.id, "its name, unique in the service")->required();
  verb->add_option("--address", flags->address, "HOST:PORT")->required();
  verb->add_option("--weight", flags->instance.weight, "its share among those that are chosen by weight")->capture_default_str();
  verb->add_option("--instance-version", flags->instance.version, "shown to others");
  verb->add_option("--tag", flags->instance.tags, "may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_option("--meta", flags->meta, "NAME=VALUE, may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_option("--ttl", flags->ttl, "how long it is still found when this machine dies; 2s at least")->capture_default_str();
  verb->add_option("--owner", flags->owner, "shown to others; HOST:PID if it is left out");
  verb->add_option("--drain", flags->drain, "when interrupted, say for so long that nothing new is to come, before it goes");
  verb->add_option("--every", flags->every, "how often COMMAND is run")->capture_default_str();
  verb->add_option("COMMAND", flags->health, "after --: says by exit code 0 that the instance is healthy; else it always is");
  verb->callback([flags, &run] { run = [flags](Session& session) { return run_register(session, *flags); }; });

  auto found = std::make_shared<DiscoverFlags>();
  CLI::App* discover = app.add_subcommand("discover", "Show the instances of a service");
  discover->add_option("NAME", found->service, "the service")->required();
  discover->add_option("--tag", found->tag, "only those that have it");
  discover->add_flag("--watch", found->watch, "and again after each change, until interrupted");
  discover->callback([found, &run] { run = [found](Session& session) { return run_discover(session, *found); }; });
}

}  // namespace conclave::ctl
