#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>

#include "service.hpp"

namespace conclave::locksmith::fleetlock {
namespace {

constexpr std::chrono::milliseconds patience{2'000};

/// A page that waits for what its groups say.
struct Gathering {
  http::MetricsPage page;
  std::size_t missing = 0;
  http::ExchangePtr exchange;
};

void show_group(http::MetricsPage& page, const GroupView& view) {
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const http::Labels group = {{"group", view.name}};
  double overdue = 0;
  for (const SlotView& slot : view.slots) overdue += is_overdue(slot, now) ? 1 : 0;
  page.gauge("locksmith_group_slots", "Slots that the policy allows", static_cast<double>(effective_slots(view)), group);
  page.gauge("locksmith_group_holders", "Slots that are taken", static_cast<double>(view.slots.size()), group);
  page.gauge("locksmith_group_overdue", "Slots that were taken longer ago than the policy's deadline", overdue, group);
  page.gauge("locksmith_group_waiters", "Machines in the queue", static_cast<double>(view.waiters.size()), group);
  page.gauge("locksmith_group_paused", "1 if no slot is given because somebody paused the group", view.policy.paused ? 1 : 0,
             group);
}

}  // namespace

http::MetricsPage Service::page() const {
  http::MetricsPage page;
  for (const auto& [verb_and_outcome, count] : outcomes_) {
    page.counter("locksmith_fleetlock_requests_total", "FleetLock requests by outcome: ok or the kind of the error",
                 static_cast<double>(count), {{"verb", verb_and_outcome.first}, {"outcome", verb_and_outcome.second}});
  }
  for (const auto& [verb, histogram] : latencies_) {
    page.histogram("locksmith_fleetlock_request_seconds", "Time to answer, waiting in queues included", histogram,
                   {{"verb", verb}});
  }
  if (server_ != nullptr) page.server("locksmith_fleetlock", server_->counters());
  page.process();
  return page;
}

void Service::metrics(const http::ExchangePtr& exchange) {
  const auto gathering = std::make_shared<Gathering>(Gathering{page(), groups_seen_.size(), exchange});
  const auto reply_if_complete = [gathering] {
    if (gathering->missing == 0) gathering->exchange->reply(gathering->page.reply());
  };
  reply_if_complete();
  for (const std::string& name : groups_seen_) {
    group(name).status(
        [self = shared_from_this(), gathering, reply_if_complete, name](Result<GroupView> view) {
          asio::post(self->io_, [self, gathering, reply_if_complete, name, view = std::move(view)] {
            gathering->page.gauge("locksmith_group_up", "1 if the group could be read", view ? 1 : 0, {{"group", name}});
            if (view) show_group(gathering->page, *view);
            --gathering->missing;
            reply_if_complete();
          });
        },
        {patience, {}});
  }
}

void Service::ready(const http::ExchangePtr& exchange) {
  group(std::string(default_group))
      .status(
          [self = shared_from_this(), exchange](Result<GroupView> view) {
            asio::post(self->io_, [exchange, view = std::move(view)] {
              if (view) return exchange->reply({.status = 200, .body = "ok\n", .content_type = "text/plain"});
              exchange->refuse({503, "not_ready", "the cluster does not answer: " + view.error().message()});
            });
          },
          {patience, {}});
}

}  // namespace conclave::locksmith::fleetlock
