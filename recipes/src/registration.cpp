#include "conclave/recipes/registration.hpp"

#include "conclave/recipes_core/item_record.hpp"
#include "conclave/recipes_core/names.hpp"
#include "conclave/recipes_core/registration.hpp"
#include "hold_access.hpp"
#include "service_convert.hpp"
#include "teller.hpp"

namespace conclave::recipes {
namespace {

RegistrationState state_of(core::Registered state) {
  switch (state) {
    case core::Registered::waiting: return RegistrationState::waiting;
    case core::Registered::registered: return RegistrationState::registered;
    case core::Registered::replaced: return RegistrationState::replaced;
    case core::Registered::ended: return RegistrationState::ended;
  }
  return RegistrationState::ended;
}

Result<void> check(const std::string& service, const std::string& id) {
  if (auto valid = core::check_name(service); !valid) return valid;
  return core::check_item_id(id);  // the same rule holds for both
}

core::RegistrationRequest request_of(const std::string& service, const std::string& id, ServiceInstance instance,
                                     const RegistrationOptions& options) {
  core::RegistrationRequest request;
  request.key = core::directory_of("service", service) + id;
  request.record = record_of(std::move(instance));
  request.record.owner = options.owner.empty() ? default_owner() : options.owner;
  // A lease of its own: no other key, and so no other keeper, has this owner.
  request.keeper = {options.ttl, request.record.owner + " " + request.key};
  request.jitter = options.jitter;
  request.healthy = options.healthy;
  request.health_within = options.health_within;
  return request;
}

std::string id_or_new(std::string id, core::Store& store) {
  return id.empty() ? default_owner() + ":" + std::to_string(store.random()) : id;
}

}  // namespace

struct Registration::State {
  State(Client& client, const std::string& service, ServiceInstance instance, const RegistrationOptions& options)
      : base(client), id(id_or_new(instance.id, base.hub->store())), valid(check(service, id)) {
    if (!valid) return;
    registration = std::make_shared<core::Registration>(base.hub, request_of(service, id, std::move(instance), options));
    base.loop->post(
        [core = registration, told = told, on_state = options.on_state ? teller.pass(options.on_state) : nullptr, hub = base.hub] {
          if (on_state) *told = core->on_state([on_state](core::Registered state) { on_state(state_of(state)); });
          core->start();
        });
  }
  ~State() {
    if (!registration) return;
    teller.close();
    base.loop->post([core = registration, told = told, loop = base.loop, hub = base.hub] {
      told->end();
      core::Call call;
      call.deadline = loop->time() + std::chrono::seconds(5);
      core::start(core::Registration::end(core, call), [](const Result<bool>&) {});
    });
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Does `change` on the client's thread, then waits until it stands in the store.
  void change_and_settle(std::function<void(core::Registration&)> change, std::function<void(Result<void>)> done,
                         const Wait& wait) {
    if (!valid) return done(fail(valid.error()));
    run_to_end(
        base.loop, wait,
        [core = registration, change = std::move(change)](core::Call call) {
          change(*core);
          return core::Registration::settled(core, std::move(call));
        },
        std::move(done));
  }

  Base base;
  std::string id;
  Result<void> valid;
  std::shared_ptr<core::Registration> registration;
  Teller teller;
  std::shared_ptr<core::Subscription> told = std::make_shared<core::Subscription>();
};

Registration::Registration(Client& client, std::string service, ServiceInstance instance, RegistrationOptions options)
    : state_(std::make_unique<State>(client, service, std::move(instance), options)) {}
Registration::Registration(Registration&&) noexcept = default;
Registration& Registration::operator=(Registration&&) noexcept = default;
Registration::~Registration() = default;

RegistrationState Registration::state() const {
  return state_->registration ? state_of(state_->registration->state()) : RegistrationState::ended;
}
const std::string& Registration::id() const { return state_->id; }

void Registration::ready(std::function<void(Result<void>)> done, Wait wait) {
  state_->change_and_settle([](core::Registration&) {}, std::move(done), wait);
}
Result<void> Registration::ready(Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { ready(std::move(done), wait); });
}

void Registration::report_health(bool healthy) {
  if (!state_->registration) return;
  state_->base.loop->post([core = state_->registration, healthy] { core->report(healthy); });
}

void Registration::update(ServiceInstance instance) {
  if (!state_->registration) return;
  state_->base.loop->post([core = state_->registration, record = record_of(std::move(instance))] { core->set_record(record); });
}

void Registration::drain(std::function<void(Result<void>)> done, Wait wait) {
  state_->change_and_settle([](core::Registration& core) { core.set_draining(true); }, std::move(done), wait);
}
Result<void> Registration::drain(Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { drain(std::move(done), wait); });
}
void Registration::resume(std::function<void(Result<void>)> done, Wait wait) {
  state_->change_and_settle([](core::Registration& core) { core.set_draining(false); }, std::move(done), wait);
}
Result<void> Registration::resume(Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { resume(std::move(done), wait); });
}

void Registration::deregister(std::function<void(Result<void>)> done, Wait wait) {
  if (!state_->valid) return done(fail(state_->valid.error()));
  run_to_end(
      state_->base.loop, wait,
      [core = state_->registration](core::Call call) { return core::Registration::end(core, std::move(call)); }, std::move(done));
}
Result<void> Registration::deregister(Wait wait) {
  return blocking<void>(*state_->base.loop, [&](auto done) { deregister(std::move(done), wait); });
}

}  // namespace conclave::recipes
