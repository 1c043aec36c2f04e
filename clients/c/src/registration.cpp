#include "conclave/recipes/registration.hpp"

#include "conclave/c/service.h"
#include "instance.hpp"
#include "telling.hpp"

struct conclave_registration : conclave::c::TellingHandle<conclave::recipes::Registration> {
  using TellingHandle::TellingHandle;
};

namespace conclave::c {
namespace {

using recipes::Registration;
using recipes::RegistrationState;
using recipes::Wait;
using Done = std::function<void(Result<void>)>;

static_assert(static_cast<int>(RegistrationState::registered) == CONCLAVE_REGISTRATION_REGISTERED);
static_assert(static_cast<int>(RegistrationState::replaced) == CONCLAVE_REGISTRATION_REPLACED);
static_assert(static_cast<int>(RegistrationState::ended) == CONCLAVE_REGISTRATION_ENDED);

recipes::RegistrationOptions options_of(Arguments& in, const conclave_registration_options& from) {
  in.require(from.ttl_ms >= 0, "ttl_ms is negative");
  in.require(from.jitter_ms >= 0, "jitter_ms is negative");
  in.require(from.health_within_ms >= 0, "health_within_ms is negative");
  recipes::RegistrationOptions to;
  if (from.ttl_ms > 0) to.ttl = std::chrono::milliseconds(from.ttl_ms);
  if (from.jitter_ms > 0) to.jitter = std::chrono::milliseconds(from.jitter_ms);
  to.owner = Arguments::text(from.owner);
  to.healthy = !from.unhealthy;
  to.health_within = std::chrono::milliseconds(from.health_within_ms);
  return to;
}

conclave_code begin(conclave_client* client, const char* service, const conclave_instance_options* instance,
                    const conclave_registration_options* given, conclave_registration** registration, conclave_error* error) {
  Arguments in;
  in.require(client != nullptr, "client is NULL");
  in.require(service != nullptr, "service is NULL");
  in.require(registration != nullptr, "the out parameter is NULL");
  const conclave_registration_options from = in.options(given);
  auto options = options_of(in, from);
  auto told_of = instance_of(in, instance);
  if (in.error()) return report(error, *in.error());
  *registration = new conclave_registration(client, [&](const std::shared_ptr<Gate>& gate) {
    if (from.on_state != nullptr)
      options.on_state = [gate, call = from.on_state, user = from.user](RegistrationState state) {
        gate->pass([&] { call(user, static_cast<conclave_registration_state>(state)); });
      };
    return Registration(client->client, service, std::move(told_of), std::move(options));
  });
  return report_success(error);
}

/// A change that others are to see: one of the functions of Registration that wait for that.
using Change = void (Registration::*)(Done done, Wait wait);

auto change_of(conclave_registration* registration, Change change) {
  return [registration, change](const Wait& wait, Done done) { (registration->recipe.*change)(std::move(done), wait); };
}
}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

conclave_code conclave_registration_new(conclave_client* client, const char* service, const conclave_instance_options* instance,
                                        const conclave_registration_options* options, conclave_registration** registration,
                                        conclave_error* error) {
  return guarded(error, [&] { return begin(client, service, instance, options, registration, error); });
}
void conclave_registration_free(conclave_registration* registration) { delete registration; }
conclave_code conclave_registration_ready(conclave_registration* registration, int64_t timeout_ms, conclave_stop* stop,
                                          conclave_error* error) {
  return carry_out(registration, timeout_ms, stop, error, ready_of(registration));
}
conclave_code conclave_registration_ready_async(conclave_registration* registration, int64_t timeout_ms, conclave_stop* stop,
                                                conclave_done_callback done, void* user) {
  return carry_out_async(registration, timeout_ms, stop, ready_of(registration), done, user);
}
conclave_registration_state conclave_registration_state_of(const conclave_registration* registration) {
  if (registration == nullptr) return CONCLAVE_REGISTRATION_ENDED;
  return static_cast<conclave_registration_state>(registration->recipe.state());
}
const char* conclave_registration_id(const conclave_registration* registration) {
  return registration == nullptr ? "" : registration->recipe.id().c_str();
}
void conclave_registration_report_health(conclave_registration* registration, bool healthy) {
  if (registration != nullptr) registration->recipe.report_health(healthy);
}
conclave_code conclave_registration_update(conclave_registration* registration, const conclave_instance_options* instance,
                                           conclave_error* error) {
  return guarded(error, [&] {
    Arguments in;
    in.require(registration != nullptr, "the handle is NULL");
    auto told_of = instance_of(in, instance);
    if (in.error()) return report(error, *in.error());
    registration->recipe.update(std::move(told_of));
    return report_success(error);
  });
}
conclave_code conclave_registration_drain(conclave_registration* registration, int64_t timeout_ms, conclave_error* error) {
  return carry_out(registration, timeout_ms, nullptr, error, change_of(registration, &Registration::drain));
}
conclave_code conclave_registration_drain_async(conclave_registration* registration, int64_t timeout_ms,
                                                conclave_done_callback done, void* user) {
  return carry_out_async(registration, timeout_ms, nullptr, change_of(registration, &Registration::drain), done, user);
}
conclave_code conclave_registration_resume(conclave_registration* registration, int64_t timeout_ms, conclave_error* error) {
  return carry_out(registration, timeout_ms, nullptr, error, change_of(registration, &Registration::resume));
}
conclave_code conclave_registration_resume_async(conclave_registration* registration, int64_t timeout_ms,
                                                 conclave_done_callback done, void* user) {
  return carry_out_async(registration, timeout_ms, nullptr, change_of(registration, &Registration::resume), done, user);
}
conclave_code conclave_registration_deregister(conclave_registration* registration, int64_t timeout_ms, conclave_error* error) {
  return carry_out(registration, timeout_ms, nullptr, error, change_of(registration, &Registration::deregister));
}
conclave_code conclave_registration_deregister_async(conclave_registration* registration, int64_t timeout_ms,
                                                     conclave_done_callback done, void* user) {
  return carry_out_async(registration, timeout_ms, nullptr, change_of(registration, &Registration::deregister), done, user);
}

}  // extern "C"
