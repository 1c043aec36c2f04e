#include "conclave/recipes/discovery.hpp"

#include "conclave/c/service.h"
#include "instance.hpp"
#include "telling.hpp"

struct conclave_discovery : conclave::c::TellingHandle<conclave::recipes::Discovery> {
  using TellingHandle::TellingHandle;
};

namespace conclave::c {
namespace {

using recipes::Discovery;
using Instances = std::vector<recipes::ServiceInstance>;

static_assert(static_cast<int>(recipes::PickBy::weight) == CONCLAVE_PICK_BY_WEIGHT);

recipes::DiscoveryOptions options_of(Arguments& in, const conclave_discovery_options& from) {
  in.require(from.confirm_every_ms >= 0, "confirm_every_ms is negative");
  recipes::DiscoveryOptions to;
  to.pick_by = in.choice<recipes::PickBy>(from.pick_by, CONCLAVE_PICK_BY_WEIGHT, "an unknown way to choose");
  to.tag = Arguments::text(from.tag);
  to.confirm_every = std::chrono::milliseconds(from.confirm_every_ms);
  return to;
}

conclave_code begin(conclave_client* client, const char* service, const conclave_discovery_options* given,
                    conclave_discovery** discovery, conclave_error* error) {
  Arguments in;
  in.require(client != nullptr, "client is NULL");
  in.require(service != nullptr, "service is NULL");
  in.require(discovery != nullptr, "the out parameter is NULL");
  const conclave_discovery_options from = in.options(given);
  auto options = options_of(in, from);
  if (in.error()) return report(error, *in.error());
  *discovery = new conclave_discovery(client, [&](const std::shared_ptr<Gate>& gate) {
    if (from.on_change != nullptr)
      options.on_change = [gate, call = from.on_change, user = from.user](const Instances& all) {
        const conclave_instances lent(all);
        gate->pass([&] { call(user, &lent); });
      };
    return Discovery(client->client, service, std::move(options));
  });
  return report_success(error);
}

conclave_code list(const conclave_discovery* discovery, conclave_instances** instances, conclave_error* error) {
  Arguments in;
  in.require(discovery != nullptr, "the handle is NULL");
  in.require(instances != nullptr, "the out parameter is NULL");
  if (in.error()) return report(error, *in.error());
  *instances = new conclave_instances(discovery->recipe.instances());
  return report_success(error);
}

conclave_code pick(conclave_discovery* discovery, conclave_instance** instance, conclave_error* error) {
  Arguments in;
  in.require(discovery != nullptr, "the handle is NULL");
  in.require(instance != nullptr, "the out parameter is NULL");
  if (in.error()) return report(error, *in.error());
  auto picked = discovery->recipe.pick();
  if (!picked) return report(error, Error{Errc::key_not_found, "no instance is up"});
  *instance = new OwnedInstance(std::move(*picked));
  return report_success(error);
}

}  // namespace
}  // namespace conclave::c

using namespace conclave::c;

extern "C" {

conclave_code conclave_discovery_new(conclave_client* client, const char* service, const conclave_discovery_options* options,
                                     conclave_discovery** discovery, conclave_error* error) {
  return guarded(error, [&] { return begin(client, service, options, discovery, error); });
}
void conclave_discovery_free(conclave_discovery* discovery) { delete discovery; }
conclave_code conclave_discovery_ready(conclave_discovery* discovery, int64_t timeout_ms, conclave_stop* stop,
                                       conclave_error* error) {
  return carry_out(discovery, timeout_ms, stop, error, ready_of(discovery));
}
conclave_code conclave_discovery_ready_async(conclave_discovery* discovery, int64_t timeout_ms, conclave_stop* stop,
                                             conclave_done_callback done, void* user) {
  return carry_out_async(discovery, timeout_ms, stop, ready_of(discovery), done, user);
}
conclave_code conclave_discovery_sync(conclave_discovery* discovery, int64_t timeout_ms, conclave_stop* stop,
                                      conclave_revision* revision, conclave_error* error) {
  return learn<conclave::Revision>(discovery, timeout_ms, stop, error, sync_of(discovery), into(revision));
}
conclave_code conclave_discovery_sync_async(conclave_discovery* discovery, int64_t timeout_ms, conclave_stop* stop,
                                            conclave_revision_callback done, void* user) {
  return learn_async<conclave::Revision>(discovery, timeout_ms, stop, sync_of(discovery), done, teller(done, user));
}
conclave_code conclave_discovery_instances(const conclave_discovery* discovery, conclave_instances** instances,
                                           conclave_error* error) {
  return guarded(error, [&] { return list(discovery, instances, error); });
}
conclave_code conclave_discovery_pick(conclave_discovery* discovery, conclave_instance** instance, conclave_error* error) {
  return guarded(error, [&] { return pick(discovery, instance, error); });
}
int64_t conclave_discovery_age_ms(const conclave_discovery* discovery) { return age_of(discovery); }

}  // extern "C"
