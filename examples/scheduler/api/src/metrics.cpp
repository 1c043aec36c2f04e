#include <chrono>

#include "parts.hpp"

namespace conclave::scheduler::api {
namespace {

constexpr Phase all_phases[] = {Phase::pending, Phase::assigned, Phase::accepted, Phase::running,  Phase::succeeded,
                                Phase::failed,  Phase::lost,     Phase::dead,     Phase::cancelled};
constexpr AgentState all_states[] = {AgentState::ready, AgentState::draining, AgentState::leaving, AgentState::suspect,
                                     AgentState::lost};

template <class Number>
double number(Number value) {
  return static_cast<double>(value);
}

double in_seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

/// By the clocks of those who submitted and of this machine.
double oldest_wait(const Picture& picture) {
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::int64_t oldest = now;
  for (const auto& [name, job] : picture.jobs)
    if (job.record.phase == Phase::pending) oldest = std::min(oldest, job.record.submitted_ms);
  return number(now - oldest) / 1000;
}

void show_jobs(http::MetricsPage& page, const Picture& picture) {
  std::map<Phase, std::uint64_t> phases;
  std::uint64_t failures = 0, losses = 0;
  for (const auto& [name, job] : picture.jobs) {
    ++phases[job.record.phase];
    failures += job.record.failures;
    losses += job.record.losses;
  }
  for (const Phase phase : all_phases)
    page.gauge("conclave_scheduler_jobs", "Jobs that are kept, by phase", number(phases[phase]),
               {{"phase", std::string(name_of(phase))}});
  page.gauge("conclave_scheduler_queue_length", "Jobs that wait to be assigned", number(phases[Phase::pending]));
  page.gauge("conclave_scheduler_queue_oldest_seconds", "Since when the job that waits longest was submitted",
             oldest_wait(picture));
  page.gauge("conclave_scheduler_failed_attempts", "Failures of the jobs that are kept", number(failures));
  page.gauge("conclave_scheduler_lost_attempts", "Runs of the jobs that are kept that were taken from their agents",
             number(losses));
}

void show_agents(http::MetricsPage& page, const Picture& picture) {
  std::map<AgentState, std::uint64_t> states;
  std::uint64_t slots = 0, used = 0;
  for (const auto& [name, agent] : agents_of(picture)) {
    ++states[agent.state];
    for (const std::string& job : agent.jobs)
      if (const Spec* const spec = picture.spec_of(job)) used += spec->resources.slots;
  }
  for (const auto& [name, row] : picture.agents) slots += row.record.capacity.slots;
  for (const AgentState state : all_states)
    page.gauge("conclave_scheduler_agents", "Agents by state", number(states[state]), {{"state", std::string(name_of(state))}});
  page.gauge("conclave_scheduler_slots", "Slots of the agents that are there", number(slots));
  page.gauge("conclave_scheduler_slots_used", "Slots that jobs have", number(used));
  std::uint64_t refused = 0;
  for (const auto& [agent, record] : picture.refused) {
    refused += record.reports;
    page.counter("conclave_scheduler_agent_refused_reports_total", "Reports that came too late and were refused",
                 number(record.reports), {{"agent", agent}});
  }
  page.counter("conclave_scheduler_refused_reports_total", "Reports of all agents that came too late and were refused",
               number(refused));
  page.gauge("conclave_scheduler_frozen", "1 while nothing is taken from agents that are gone", picture.freeze ? 1 : 0);
}

}  // namespace

void Service::Parts::metrics(const AskPtr& ask) {
  http::MetricsPage page;
  const auto age = watcher->age();
  page.gauge("conclave_scheduler_api_up", "1 if the cluster answers", age && *age < seconds(15) ? 1 : 0);
  if (age) {
    page.gauge("conclave_scheduler_api_view_age_seconds", "How old what is told here can be", in_seconds(*age));
    show_jobs(page, watcher->live().picture());
    show_agents(page, watcher->live().picture());
  }
  page.gauge("conclave_scheduler_api_streams", "Browsers that are told of changes", number(streams->size()));
  page.gauge("conclave_scheduler_api_feed_bytes", "Changes that are kept for browsers that come back",
             number(watcher->live().feed().bytes()));
  page.counter("conclave_scheduler_api_pictures_total", "How often a browser was told everything", number(streams->pictures()));
  for (const auto& [route_and_status, count] : replies)
    page.counter("conclave_scheduler_api_requests_total", "Requests by route and status", number(count),
                 {{"route", route_and_status.first}, {"status", std::to_string(route_and_status.second)}});
  for (const auto& [route, histogram] : latencies)
    page.histogram("conclave_scheduler_api_request_seconds", "Time to answer; of streams, to begin", histogram, {{"route", route}});
  if (server != nullptr) page.server("conclave_scheduler_api", server->counters());
  page.process();
  reply(ask, page.reply());
}

}  // namespace conclave::scheduler::api
